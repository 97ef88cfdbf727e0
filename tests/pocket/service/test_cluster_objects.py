"""Objects without kubectl: only where root's kubectl would have told the same."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from owlab.pocket.machines.k3s_node import KUBECONFIG
from owlab.pocket.service import cluster_objects

from ..controllers.plain_store import namespace, obj, pod, store_of


class Lab:
    """One server whose API answers, as K3s left it."""

    def __init__(self) -> None:
        self.store = store_of(namespace("other"), pod("a"), obj("Pod", "b", metadata={
            "namespace": "other"}), obj("ConfigMap", "c"))  # fmt: skip
        self.written = b"as written"
        self.answers = True
        self.server = self.machine("master")
        self.worker = self.machine("worker1")
        self.fleet = SimpleNamespace(
            get=lambda name: {"master": self.server, "worker1": self.worker}.get(name)
        )
        self.hosting = SimpleNamespace(
            cluster=SimpleNamespace(store=self.store),
            server=self.server,
            answers_on=lambda machine: self.answers,
            kubeconfig_on=lambda machine: b"as written",
        )

    def machine(self, name: str) -> Any:
        return SimpleNamespace(
            name=name, read=lambda path: self.written if path == KUBECONFIG else None
        )


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(cluster_objects, "has_kubectl", lambda machine: True)
    return Lab()


def looked_up(lab: Any, kind: str, name: str = "", space: str = "default") -> Any:
    return cluster_objects.looked_up(lab, "master", kind, name, space)


def names(found: Any) -> list[str]:
    objects, error = found
    assert error == "" and objects["kind"] == "List" and objects["apiVersion"] == "v1"
    assert objects["metadata"] == {"resourceVersion": ""}
    return [one["metadata"]["name"] for one in objects["items"]]


@pytest.mark.parametrize(
    ("kind", "space", "wanted"),
    [
        ("pods", "default", ["a"]),
        ("pod", "other", ["b"]),
        ("po", "", ["a", "b"]),
        ("cm", "default", ["c"]),
        ("namespaces", "default", ["default", "other"]),
        ("ns", "", ["default", "other"]),
        ("secrets", "default", []),
    ],
)
def test_lists(lab: Any, kind: str, space: str, wanted: list[str]) -> None:
    assert names(looked_up(lab, kind, space=space)) == wanted


def test_one(lab: Any) -> None:
    found, error = looked_up(lab, "pods", "a")
    assert (found["metadata"]["name"], found["kind"], error) == ("a", "Pod", "")
    assert looked_up(lab, "ns", "other")[0]["kind"] == "Namespace"


@pytest.mark.parametrize(
    ("kind", "name", "space", "said"),
    [
        ("pods", "x", "default", 'pods "x" not found'),
        ("pods", "a", "other", 'pods "a" not found'),
        ("pods", "a", "none", 'namespaces "none" not found'),
        ("ns", "none", "default", 'namespaces "none" not found'),
        ("nodes", "x", "none", 'nodes "x" not found'),
        ("deployments", "x", "default", 'deployments.apps "x" not found'),
    ],
)
def test_what_is_not_there(lab: Any, kind: str, name: str, space: str, said: str) -> None:
    assert looked_up(lab, kind, name, space) == (None, f"Error from server (NotFound): {said}\n")


def test_else_kubectl_is_asked(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked_up(lab, "bogus") is None
    for machine in ("worker1", "nowhere"):
        assert cluster_objects.looked_up(lab, machine, "pods", "", "default") is None
    lab.written = b"changed by hand"
    assert looked_up(lab, "pods") is None
    lab.written, lab.answers = b"as written", False
    assert looked_up(lab, "pods") is None
    lab.answers = True
    assert looked_up(lab, "pods") is not None
    monkeypatch.setattr(cluster_objects, "has_kubectl", lambda machine: False)
    assert looked_up(lab, "pods") is None
    monkeypatch.undo()
    lab.hosting.cluster = None
    assert looked_up(lab, "pods") is None
