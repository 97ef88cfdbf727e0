"""What happens to people who use Multipass: sleep, deleted machines, a service that is down."""

from __future__ import annotations

import os
import platform
import shutil
import time
from pathlib import Path

import psutil
import pytest
import yaml
from click.testing import CliRunner

from owlab import Lab
from owlab.cli import main
from owlab.errors import MachineError
from owlab.machines import preflight
from owlab.steps import nfs, openwhisk, vms


@pytest.fixture
def lab(standin, tmp_path, monkeypatch) -> Lab:
    """A lab of the provider ``multipass``, on a computer that is large enough."""
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    total = 64 * preflight.GIGABYTE
    memory = psutil.virtual_memory()._replace(total=total)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(preflight, "_free_disk", lambda: 500 * preflight.GIGABYTE)
    monkeypatch.setattr(preflight, "virtualisation", lambda: preflight.architecture("x86_64"))
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    return Lab.open("mishap", provider="multipass")


def up() -> tuple[int, str, float]:
    started = time.monotonic()
    done = CliRunner().invoke(main, ["up", "--lab", "mishap", "--to", "1.2"])
    return done.exit_code, done.output, time.monotonic() - started


def fill(standin, address: str) -> None:
    for number, name in enumerate(("master", "worker1", "worker2", "storage")):
        standin.add(name, ipv4=[f"{address}.{number}"])


def test_after_sleep_the_old_addresses_are_seen_wherever_they_are_kept(lab, standin):
    fill(standin, "10.9.9")
    home = standin.folder / "guests" / "master"
    values = yaml.safe_load("{whisk: {ingress: {apiHostName: 10.9.9.0, apiHostPort: 31001}}}")
    (home / "kubeyaml").mkdir()
    (home / "kubeyaml" / "mycluster.yaml").write_text(yaml.safe_dump(values))
    exports = "/var/nfs/kubedata\n" + "".join(f"\t\t10.9.9.{n}(rw)\n" for n in range(3))
    for name, text in (("exportfs", f"printf '%b' '{exports}'"), ("systemctl", "true")):
        (standin.folder / "guest-bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (standin.folder / "guest-bin" / name).chmod(0o755)

    def named() -> bool:
        return "names the master's address: 10.9.9.0:31001" not in why(lab)

    assert named()
    assert nfs.install_server.state(lab).done
    fill(standin, "10.8.8")
    assert lab.address("master") == "10.8.8.0"
    assert not named()
    assert not nfs.install_server.state(lab).done


def why(lab: Lab) -> str:
    check = openwhisk.write_values.check(lab, "master")
    return "; ".join(f"{item.what}: {item.seen}" for item in check.evidence if not item.ok)


def test_a_deleted_machine_of_the_same_name_stops_it_first(lab, standin):
    standin.add("worker2", "Deleted")
    code, said, seconds = up()
    assert code == 1 and seconds < 10
    assert "in the recycle bin" in said and "multipass delete --purge worker2" in said
    assert not [call for call in standin.calls if call[0] in ("launch", "delete", "recover")]


def test_a_machine_of_the_lab_that_was_deleted_meanwhile_is_named(lab, standin):
    fill(standin, "10.9.9")
    for name in ("master", "worker1", "worker2", "storage"):
        lab.folder.add_made(name)
    standin.add("worker1", "Deleted")
    with pytest.raises(MachineError, match="multipass recover worker1"):
        vms.create(lab)


def test_a_service_that_is_down_stops_it_first(lab, standin):
    standin.change(daemon=False)
    standin.fail("daemon-unreachable", times=-1)
    code, said, seconds = up()
    assert code == 1 and seconds < 10
    assert "sudo snap start multipass" in said
    assert not [call for call in standin.calls if call[0] == "launch"]


def test_a_laptop_without_curl_is_told_before_the_first_launch(lab, standin, monkeypatch):
    bare = standin.folder / "bare"
    bare.mkdir()
    for name in ("bash", "sh", "env", "snap"):
        found = shutil.which(name) or "/bin/true"
        (bare / name).symlink_to(found)
    monkeypatch.setenv("PATH", f"{standin.binary.parent}{os.pathsep}{bare}")
    code, said, seconds = up()
    assert code == 1 and seconds < 10
    assert "not here: curl" in said and "section 7.2" in said
    assert not lab.folder.made()


def test_all_is_well_otherwise(lab, standin):
    code, said, _ = up()
    assert code == 0, said
    assert sorted(lab.folder.made()) == ["master", "storage", "worker1", "worker2"]
    assert Path(lab.directory).exists()
