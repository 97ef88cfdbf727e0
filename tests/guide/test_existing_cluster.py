"""A cluster that exists: sections 1 and 2 are looked at, 5 to 7 are carried out from the laptop.

The cluster is a pocket lab's, and the laptop stands inside it (``tests/standins/laptop.py``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from owlab import Lab
from owlab.access import kubeconfig, wskprops
from owlab.doctor import examine
from owlab.errors import ConfigError, LabError
from owlab.machines.pocket import PocketProvider
from owlab.script import script
from owlab.steps import existing_cluster
from tests.standins.laptop import laptop_standin

KAFKA = ["fatal69100/kafka:2.8.1"]


def binary(owner: Lab) -> str:
    """The program that types on its machines."""
    return cast(PocketProvider, owner.provider).binary


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Path]:
    """A pocket lab with a cluster, an NFS server, and the programs on its master."""
    home = tmp_path_factory.mktemp("a home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OWLAB_HOME", str(home))
        owner = Lab.open("owner")
        owner.up(to="4")
        (home / "kube.yaml").write_text(kubeconfig(owner))
        subprocess.run(
            [binary(owner), "exec", "-n", "master", "--", "bash", "-c",
             f"mkdir -p '{home}' && cat > '{home}/kube.yaml'"],
            input=kubeconfig(owner), text=True, check=True,
        )  # fmt: skip
        standin = laptop_standin(home / "bin", Path(binary(owner)), "master")
        patch.setenv("PATH", f"{standin}{os.pathsep}{os.environ['PATH']}")
        yield home
        owner.down()


def settings(place: Path, **more: Any) -> dict[str, Any]:
    server = Lab.open("owner").address("storage")
    return {
        "provider": "cluster",
        "cluster_kubeconfig": str(place / "kube.yaml"),
        "cluster_nodes": ["master", "worker1", "worker2"],
        "cluster_nfs_server": server,
        "openwhisk_kafka_images": KAFKA,
        **more,
    }


def typed(lab: Lab) -> list[str]:
    return [e["command"] for e in lab.journal.entries() if e["kind"] == "command-ended"]


def test_everything_is_deployed_from_the_laptop_and_taken_back(place: Path) -> None:
    lab = Lab.open("given", **settings(place))
    summary = lab.up()
    assert "functions.deploy_web" in summary.ran
    assert not [text for text in typed(lab) if "sudo" in text or "~" in text]
    assert not lab.up().changed
    text = script(Lab.open("planned", planning=True, **settings(place)))
    for command in typed(lab):
        assert command in text
    for checker in (["/bin/bash", "-n"], [str(Path(sys.executable).with_name("shellcheck")), "-"]):
        found = subprocess.run(checker, input=text, text=True, capture_output=True)
        assert found.returncode == 0, found.stdout + found.stderr
    assert "apihost" in wskprops(lab).lower()
    assert "server: https://" in kubeconfig(lab)
    removed = lab.down()
    assert any("deploy OpenWhisk" in sentence for sentence in removed)
    left = subprocess.run(
        [binary(Lab.open("owner")), "exec", "master", "--", "sudo", "kubectl",
         "get", "namespace,storageclass,pods", "-n", "default", "-o", "name"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert "namespace/openwhisk" not in left
    assert "storageclass.storage.k8s.io/nfs-client" not in left
    assert not [name for name in left if name.startswith("pod/")]
    assert Lab.open("owner").up(to="4").ran == []


def test_an_export_that_refuses_the_nodes_is_found_in_section_2(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(existing_cluster, "PROBE_SECONDS", 3)
    lab = Lab.open("refused", **settings(place, nfs_path="/var/nfs/elsewhere"))
    with pytest.raises(LabError, match=r"MountVolume\.SetUp failed.*mount\.nfs"):
        lab.up(to="2")
    lab.down()


def test_a_storage_class_of_the_clusters_own(place: Path) -> None:
    given = settings(place, cluster_nfs_server="", openwhisk_storage_class="local-path")
    lab = Lab.open("own", **given)
    assert "storage.deploy_provisioner" in lab.up(to="5").skipped
    lab.down()


def test_a_node_that_is_not_there(place: Path) -> None:
    lab = Lab.open("other", **settings(place, cluster_nodes=["master", "worker9"]))
    with pytest.raises(LabError, match="no node worker9") as caught:
        lab.up()
    assert "worker1" in str(caught.value)


def test_no_machine_to_log_in_to(place: Path) -> None:
    lab = Lab.open("given", **settings(place))
    with pytest.raises(LabError, match="no way to type commands on 'master'"):
        lab.provider.attach("master", "true")


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"cluster_kubeconfig": ""}, "cluster_kubeconfig"),
        ({"cluster_nodes": []}, "needs cluster_nodes"),
        ({"cluster_nodes": ["a", "a"]}, "different names"),
        ({"cluster_nodes": ["Not A Node", "b"]}, "cluster_nodes"),
    ],
)
def test_impossible_settings_are_refused(place: Path, wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        Lab.open("wrong", **settings(place, **wrong))


def test_a_kubeconfig_that_is_not_there(place: Path) -> None:
    lab = Lab.open("missing", **settings(place, cluster_kubeconfig=str(place / "no.yaml")))
    with pytest.raises(LabError, match=r"There is no kubeconfig .*no\.yaml"):
        lab.up()


def test_the_doctor_looks_at_programs_and_nodes(place: Path) -> None:
    lab = Lab.open("doctor", planning=True, **settings(place))
    found = {diagnostic.name: diagnostic.verdict for diagnostic in examine(lab)}
    assert found["programs"] == found["worker2"] == "ok"
    wrong = Lab.open("doctor", planning=True, **settings(place, cluster_nodes=["master", "x"]))
    assert [f.verdict for f in examine(wrong) if f.name == "cluster"] == ["fail"]
