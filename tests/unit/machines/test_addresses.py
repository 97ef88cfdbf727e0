"""Machines with two addresses: what K3s, the certificates and the laptop are told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from owlab import Lab, access
from owlab.command import HOST, Command
from owlab.errors import ConfigError
from owlab.script import script
from owlab.steps import addresses, certificate, functions, k3s
from tests.standins import ssh_standin

CLOUD: dict[str, Any] = {
    "master": {"host": "ec2-a", "public_address": "203.0.113.7"},
    "workers": ["ec2-b", "ec2-c"],
    "storage": "ec2-d",
}


@pytest.fixture
def open_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))

    def opened(inventory: dict[str, object]) -> Lab:
        path = tmp_path / "machines.yaml"
        path.write_text(yaml.safe_dump(inventory))
        return Lab.open("cloud", provider="ssh", ssh_inventory=str(path), planning=True)

    return opened


def typed(commands) -> str:
    return "\n".join(command.text for command in commands)


def test_behind_nat_the_certificates_carry_both_addresses(open_lab):
    lab = open_lab(CLOUD)
    assert "--tls-san ${MASTER_PUBLIC_IP}" in typed(k3s.install_server.commands(lab, "master"))
    assert '"subjectAltName=IP:${MASTER_IP},IP:${MASTER_PUBLIC_IP}"' in typed(
        certificate.install(lab, "master")
    )
    text = script(lab)
    assert "MASTER_PUBLIC_IP=$(printf %s 203.0.113.7)" in text


def test_the_laptop_uses_the_public_one_and_the_workers_the_private_one(open_lab):
    lab = open_lab(CLOUD)
    assert functions.web_url(lab).startswith("https://${MASTER_PUBLIC_IP}:31001/")
    assert "K3S_URL=https://${MASTER_IP}:6443" in typed(k3s.join_workers.commands(lab, "worker1"))
    assert addresses.public(lab).source == Command("printf %s 203.0.113.7", on=HOST)


def test_a_public_address_may_be_a_name(open_lab):
    lab = open_lab({**CLOUD, "master": {"host": "a", "public_address": "owl.example.org"}})
    assert "IP:${MASTER_IP},DNS:${MASTER_PUBLIC_IP}" in typed(certificate.install(lab, "master"))


def test_the_number_that_ssh_goes_to_is_the_public_one(open_lab):
    lab = open_lab({**CLOUD, "master": "ubuntu@198.51.100.4"})
    assert addresses.public(lab).source.text == "printf %s 198.51.100.4"


@pytest.mark.parametrize(
    "master",
    [
        "ec2-a",
        {"host": "127.0.0.1", "port": 2222},
        {"host": "10.0.0.1", "jump": "bastion"},
        {"host": "10.0.0.1", "address": "10.0.0.1"},
    ],
    ids=["a name", "a forwarded port", "behind a jump host", "the machine's own"],
)
def test_otherwise_there_is_one_address_for_all(open_lab, master):
    lab = open_lab({**CLOUD, "master": master})
    assert addresses.both(lab) == (lab.address_variable("master"),)
    assert "tls-san" not in typed(k3s.install_server.commands(lab, "master"))


def test_an_address_that_was_chosen_is_told_to_k3s_on_every_node(open_lab):
    hosts = [{"host": name, "address": f"192.168.56.{n}"} for n, name in enumerate("abcd", 10)]
    lab = open_lab({"master": hosts[0], "workers": hosts[1:3], "storage": hosts[3]})
    server = next(iter(k3s.install_server.commands(lab, "master")))
    card = "$(ip -o -4 address show to ${MASTER_IP} | awk '{print $2}')"
    assert f'servicelb --node-ip ${{MASTER_IP}} --flannel-iface {card}"' in server.text
    assert "MASTER_IP" in [variable.name for variable in server.variables]
    agent = next(iter(k3s.join_workers.commands(lab, "worker2")))
    assert 'INSTALL_K3S_EXEC="agent --node-ip ${WORKER2_IP} --flannel-iface $(ip' in agent.text
    assert [v.name for v in agent.variables] == ["MASTER_IP", "TOKEN", "WORKER2_IP"]


def test_an_address_that_is_none_is_refused(open_lab):
    with pytest.raises(ConfigError, match=r"is no (public_)?address"):
        open_lab({**CLOUD, "master": {"host": "a", "public_address": "a; reboot"}})


def test_what_is_given_to_the_users_own_tools_has_the_public_address(
    open_lab, tmp_path, monkeypatch
):
    standin = ssh_standin(tmp_path / "standin")
    monkeypatch.setenv("PATH", f"{standin.binary.parent}{os.pathsep}{os.environ['PATH']}")
    config = {
        "clusters": [{"name": "default", "cluster": {"server": "https://127.0.0.1:6443"}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
    }
    master = standin.folder / "guests" / "ec2-a"
    master.mkdir()
    (master / "k3s.yaml").write_text(yaml.safe_dump(config))
    (master / ".wskprops").write_text("APIHOST=172.31.5.10:31001\nAUTH=a:b\n")
    sudo = standin.folder / "guest-bin" / "sudo"
    sudo.write_text('#!/bin/sh\n[ "$1" = -n ] || cat "$HOME/k3s.yaml"\n')
    # Said here: the stand-ins would all answer with the address of this machine.
    private = {
        "master": {**CLOUD["master"], "address": "172.31.5.10"},
        "workers": [
            {"host": "ec2-b", "address": "172.31.5.11"},
            {"host": "ec2-c", "address": "172.31.5.12"},
        ],
        "storage": {"host": "ec2-d", "address": "172.31.5.13"},
    }
    lab = open_lab(private)
    assert "server: https://203.0.113.7:6443" in access.kubeconfig(lab)
    assert access.wskprops(lab) == "APIHOST=203.0.113.7:31001\nAUTH=a:b\n"
    lab.provider.close()
