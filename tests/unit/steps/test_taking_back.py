"""What takes each step back, and what is typed on machines that are not fresh from the guide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from owlab import Lab
from owlab.command import Command
from owlab.steps import functions, helm, k3s, nfs, openwhisk, storage, values, vms, wsk

from .conftest import Told

Make = Callable[..., Lab]
K3S = "/usr/local/bin/k3s-uninstall.sh"
AGENT = "/usr/local/bin/k3s-agent-uninstall.sh"


def texts(commands: Any) -> str:
    return "\n".join(f"{command.on}$ {command.text}" for command in commands)


@pytest.mark.parametrize(
    ("step", "machine", "typed"),
    [
        (helm.install, "master", ["master$ sudo snap remove helm"]),
        (wsk.install, "master", ["master$ sudo rm -f /usr/local/bin/wsk"]),
        (k3s.install_server, "master", [K3S]),
        (k3s.join_workers, "worker1", [f"{AGENT}", "worker1"]),
        (nfs.install_server, "storage", [r"sudo sed -i '\#^/var/nfs/kubedata #d' /etc/exports"]),
        (storage.deploy_provisioner, "master",
         ["uninstall openwhisk-nfs --ignore-not-found"]),
        (openwhisk.label_nodes, "worker1", ["label node worker1 openwhisk-role-"]),
        (openwhisk.write_values, "master", ["master$ rm -rf ~/kubeyaml"]),
        (openwhisk.configure_wsk, "master", ["wsk property unset --apihost --auth"]),
        (openwhisk.deploy, "master",
         ["uninstall owdev -n openwhisk", "delete namespace openwhisk"]),
        (functions.deploy_cli, "master", ["action delete hellocli"]),
        (functions.deploy_web, "master", ["action delete helloweb"]),
    ],
)  # fmt: skip
def test_each_step_is_taken_back(
    lab: Lab, told: Told, step: Any, machine: str, typed: list[str]
) -> None:
    said = texts(step.undo(lab, machine))
    assert all(text in said for text in typed), said


def test_what_stays() -> None:
    """The client of NFS hurts nobody, and Multipass is more than the lab's."""
    assert nfs.install_clients.undo is None and vms.install_provider.undo is None


def test_helm_where_a_snap_may_not_work(lab: Lab, told: Told) -> None:
    fresh = texts(helm.install.commands(lab, "master"))
    assert fresh == "master$ sudo snap install helm --classic --channel=latest/stable"
    told.fresh_ubuntu = False
    given = texts(helm.install.commands(lab, "master"))
    assert "snap install" in given and "curl -sSfLO https://get.helm.sh/helm-v" in given
    assert "sha256sum --check" in given
    assert helm.install.undo is not None
    back = texts(helm.install.undo(lab, "master"))
    assert "[ ! -e /snap/bin/helm ]" in back and "rm -f /usr/local/bin/helm" in back


def test_a_sum_that_is_not_known_is_not_looked_at(make: Make, told: Told) -> None:
    told.fresh_ubuntu = False
    assert "sha256sum" not in texts(helm.install.commands(make(helm_sha256=""), "master"))


@pytest.mark.parametrize(
    ("given", "typed", "not_typed"),
    [
        ({}, ["curl -sSfL https://get.k3s.io |", "INSTALL_K3S_VERSION=v", "K3S_NODE_NAME=master",
              'INSTALL_K3S_EXEC="server --disable traefik --disable servicelb"'],
         ["MIRROR"]),
        ({"k3s_version": ""}, [], ["INSTALL_K3S_VERSION"]),
        ({"k3s_disable": []}, [], ["INSTALL_K3S_EXEC"]),
        ({"mirror": "cn"}, ["k3s-install.sh", "INSTALL_K3S_MIRROR=cn",
                            "--system-default-registry"], ["get.k3s.io"]),
        ({"as_written": True}, ["curl -sfL https://get.k3s.io | sh -"],
         ["pipefail", "K3S_NODE_NAME", "INSTALL_K3S_EXEC"]),
    ],
)  # fmt: skip
def test_how_k3s_is_installed(
    make: Make, given: dict[str, Any], typed: list[str], not_typed: list[str]
) -> None:
    said = texts(k3s.install_server.commands(make(**given), "master"))
    assert all(text in said for text in typed), said
    assert not any(text in said for text in not_typed), said


def test_names_of_nodes_are_said_where_machines_have_others(make: Make, told: Told) -> None:
    lab = make(as_written=True)
    assert "K3S_NODE_NAME" not in k3s.install_script(lab, "master")
    told.fresh_ubuntu = False
    assert "K3S_NODE_NAME=master" in k3s.install_script(lab, "master")


@pytest.mark.parametrize(
    ("given", "typed", "not_typed"),
    [
        ({}, ["upgrade --install", "--version ", "leaderElection.enabled=false"],
         ["storageClass.name"]),
        ({"provisioner_chart_version": ""}, [], ["--version"]),
        ({"provisioner_leader_election": True}, [], ["leaderElection"]),
        ({"provisioner_storage_class": "fast", "openwhisk_storage_class": "fast"},
         ["--set storageClass.name=fast"], []),
        ({"as_written": True}, [" install openwhisk-nfs"], ["upgrade", "--version", "leader"]),
    ],
)  # fmt: skip
def test_how_the_provisioner_is_deployed(
    make: Make, given: dict[str, Any], typed: list[str], not_typed: list[str]
) -> None:
    said = texts(storage.deploy_provisioner.commands(make(**given), "master"))
    assert all(text in said for text in typed), said
    assert not any(text in said for text in not_typed), said


@pytest.mark.parametrize(
    ("given", "typed", "not_typed"),
    [
        ({}, ["upgrade --install owdev", "checkout --quiet ", "create secret tls"], []),
        ({"openwhisk_chart_commit": ""}, [], ["checkout"]),
        ({"openwhisk_certificate": "chart"}, [], ["create secret tls"]),
        ({"as_written": True}, ["install owdev ./helm/openwhisk"],
         ["upgrade", "checkout", "create secret"]),
    ],
)  # fmt: skip
def test_how_openwhisk_is_deployed(
    make: Make, given: dict[str, Any], typed: list[str], not_typed: list[str]
) -> None:
    said = texts(openwhisk.deploy.commands(make(**given), "master"))
    assert all(text in said for text in typed), said
    assert not any(text in said for text in not_typed), said


@pytest.mark.parametrize(
    ("given", "typed", "not_typed"),
    [
        ({}, ['. ~/kubeyaml/keys.env && wsk property set --auth "$GUEST_KEY"',
              "chmod 600 ~/.wskprops"], ["sudo"]),
        ({"openwhisk_keys": "well-known"}, ["--auth 23bc46b1-71f6-4ed5-8c54-816aa4f8c502:"],
         ["keys.env"]),
        ({"as_written": True}, ["sudo wsk property set"], ["chmod", "keys.env"]),
    ],
)  # fmt: skip
def test_how_wsk_is_configured(
    make: Make, given: dict[str, Any], typed: list[str], not_typed: list[str]
) -> None:
    said = texts(openwhisk.configure_wsk.commands(make(**given), "master"))
    assert all(text in said for text in typed), said
    assert not any(text in said for text in not_typed), said


@pytest.mark.parametrize(
    ("given", "program"),
    [
        ({}, "wsk"),
        ({"openwhisk_certificate": "chart"}, "wsk -i"),
        ({"as_written": True}, "sudo wsk -i"),
    ],
)
def test_how_wsk_is_called(make: Make, told: Told, given: dict[str, Any], program: str) -> None:
    assert wsk.program(make(**given)) == program
    told.has_machines = False
    known = {"provider": "cluster", "cluster_kubeconfig": "kc", "cluster_nodes": ["a"]}
    on_laptop = wsk.program(make(**known, **given))
    if given:
        assert on_laptop == "wsk -i", "nobody is root on a laptop"
    else:
        assert on_laptop == 'SSL_CERT_FILE="$WORK"/kubeyaml/tls/ca.crt wsk'


def test_keys_are_made_where_they_are_the_labs_own(make: Make) -> None:
    own = texts(values.write(make(), "master"))
    assert "keys.env" in own and "umask 077" in own
    public = texts(values.write(make(openwhisk_keys="well-known"), "master"))
    assert "keys.env" not in public


def test_images_are_tried_where_there_is_a_choice(make: Make, told: Told) -> None:
    two = ["a/b:1", "c/d:2"]
    assert values.kafka_image(make(openwhisk_kafka_images=two)) is None, "none can be tried"
    told.pull = lambda image, node: Command(f"pull {image}", on=node)  # type: ignore[assignment, method-assign]
    assert values.kafka_image(make(openwhisk_kafka_images=two[:1])) is None
    found = values.kafka_image(make(openwhisk_kafka_images=two))
    assert found is not None and "for image in a/b:1 c/d:2" in found.source.text
    assert found.source.on == "worker1"
