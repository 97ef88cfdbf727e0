"""Inventories of machines that Lima, Vagrant or somebody else made, from what those tools print."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from owlab.cli import main
from owlab.config import LabConfig
from owlab.errors import ConfigError
from owlab.machines import inventory, inventory_from

VAGRANT = "\n".join(
    f"""Host {name}
  HostName 127.0.0.1
  User vagrant
  Port {port}
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  IdentityFile "/home/me/a folder/{name}/private_key"
  IdentitiesOnly yes
  LogLevel FATAL
"""
    for name, port in (("storage", 2222), ("w2", 2200), ("w1", 2201), ("master", 2202))
)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch) -> Path:
    """Stand-ins for the tools, for ssh and for ssh-keyscan."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (tmp_path / "vagrant.txt").write_text(VAGRANT)
    # Not what is in a path of these tests, such as gw1.
    number = 'said=$(echo "$*" | sed s/gw[0-9]*//g); '
    number += 'case "$said" in *master*) n=10;; *w1*) n=11;; *w2*) n=12;; *) n=13;; esac'
    texts = {
        "vagrant": f'[ "$1" = ssh-config ] && cat {tmp_path}/vagrant.txt',
        "ssh-keyscan": 'echo "[$5]:$4 ssh-ed25519 AAAA"',
        "ssh": f"{number}\necho 10.0.2.15 192.168.56.$n fe80::1",
    }
    for name, text in texts.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return folder


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["inventory", *words])
    return done.exit_code, done.output


def test_vagrant(programs, tmp_path):
    code, said = run("--from", "vagrant")
    assert code == 0, said
    assert "--set workers 2" in said
    written = yaml.safe_load((tmp_path / "machines.yaml").read_text())
    assert written["master"] == {"host": "master", "address": "192.168.56.10"}
    assert [one["host"] for one in written["workers"]] == ["w1", "w2"]
    config = (tmp_path / "machines.ssh_config").read_text()
    assert "StrictHostKeyChecking" not in config and "/dev/null" not in config
    assert "IdentityFile '/home/me/a folder/master/private_key'" in config
    assert "[127.0.0.1]:2202 ssh-ed25519" in (tmp_path / "machines.known_hosts").read_text()
    lab = LabConfig.model_validate(
        {"provider": "ssh", "ssh": {"inventory": str(tmp_path / "machines.yaml")}}
    )
    read = inventory.load(lab)
    assert read.hosts["worker2"].address == "192.168.56.12"
    assert read.ssh_config == str(tmp_path / "machines.ssh_config")


def test_lima(programs, tmp_path):
    rows = []
    running = dict.fromkeys(("master", "w1", "nfs"), "Running")
    for name, status in {**running, "x": "Stopped"}.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "ssh.config").write_text(
            f'Host lima-{name}\n  IdentityFile "/home/me/.lima/_config/user"\n'
            "  StrictHostKeyChecking no\n  Hostname 127.0.0.1\n  Port 60022\n  User me\n"
        )
        rows.append(json.dumps({"name": name, "status": status, "dir": str(folder)}))
    (programs / "limactl").write_text("#!/bin/sh\ncat <<'EOF'\n" + "\n".join(rows) + "\nEOF\n")
    (programs / "limactl").chmod(0o755)
    code, said = run("--from", "lima", "-o", "lima.yaml")
    assert code == 0, said
    written = yaml.safe_load((tmp_path / "lima.yaml").read_text())
    assert [written["master"]["host"], written["storage"]["host"]] == ["master", "nfs"]
    assert len(written["workers"]) == 1


def test_an_ssh_configuration_with_patterns_and_names_of_ones_own(programs, tmp_path):
    (tmp_path / "conf").write_text("Host *\n  User nobody\nHost a b\nHost c\n  Port 7\nHost d\n")
    # Not what is in a path of these tests, such as gw1.
    number = 'said=$(echo "$*" | sed s/gw[0-9]*//g); '
    number += 'case "$said" in *" d "*) n=1;; *" c "*) n=2;; *) n=3;; esac'
    (programs / "ssh").write_text(f"#!/bin/sh\n{number}\necho 10.0.0.$n\n")
    code, said = run("--from", "ssh-config", "--file", "conf", "d", "c", "a")
    assert code == 0, said
    written = yaml.safe_load((tmp_path / "machines.yaml").read_text())
    assert [written["master"]["host"], written["storage"]["host"]] == ["d", "a"]
    assert "nobody" not in (tmp_path / "machines.ssh_config").read_text()


def test_machines_without_a_network_in_common(programs):
    (programs / "ssh").write_text("#!/bin/sh\necho 10.0.2.15\n")
    code, said = run("--from", "vagrant")
    assert code == 1 and "No network connects" in said and "private_network" in said


@pytest.mark.parametrize("names", [("master", "w9"), ("master", "w1")])
def test_wrong_names_and_too_few_are_refused(programs, names):
    found = inventory_from.hosts_of(VAGRANT)
    with pytest.raises(ConfigError):
        inventory_from.choose(found, names)


def test_a_tool_that_is_not_there(programs):
    code, said = run("--from", "lima")
    assert code == 1 and "limactl" in said
