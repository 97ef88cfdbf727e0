"""What the status of a namespace that ends tells, in Kubernetes' words."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.namespace_conditions import left_over
from owlab.pocket.kube.kinds import KINDS

from .conftest import Bench

KIND = {kind.kind: kind for kind in KINDS}


def held(*finalizers: str) -> Object:
    return {"metadata": {"finalizers": list(finalizers)} if finalizers else {}}


def told(remaining: list[tuple[str, Object]]) -> dict[str, tuple[str, ...]]:
    found = left_over([(KIND[kind], obj) for kind, obj in remaining])
    return {kind: (status, reason, message) for kind, status, reason, message in found}


def test_what_is_left_is_counted():
    found = told([("Pod", held()), ("Deployment", held()), ("Pod", held())])
    assert found["NamespaceContentRemaining"] == (
        "True",
        "SomeResourcesRemain",
        "Some resources are remaining: deployments.apps has 1 resource instances, "
        "pods. has 2 resource instances",
    )
    assert found["NamespaceFinalizersRemaining"][:2] == ("False", "ContentHasNoFinalizers")
    assert [found[kind][0] for kind in found] == ["False", "False", "False", "True", "False"]


def test_what_holds_it_is_counted():
    found = told([("Pod", held("b", "a")), ("ConfigMap", held("a")), ("Pod", held())])
    assert found["NamespaceFinalizersRemaining"] == (
        "True",
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: a in 2 resource instances, "
        "b in 1 resource instances",
    )


async def test_a_namespace_waits_for_what_holds_it(bench: Bench) -> None:
    await bench.make({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "old"}})
    meta = {"namespace": "old", "name": "kept", "finalizers": ["example.com/mine"]}
    await bench.make({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
    bench.store.delete("Namespace", "old")
    await bench.settle()
    status = bench.store.get("Namespace", "old")["status"]
    assert status["phase"] == "Terminating"
    conditions = {c["type"]: (c["status"], c["message"]) for c in status["conditions"]}
    assert conditions["NamespaceContentRemaining"] == (
        "True",
        "Some resources are remaining: configmaps. has 1 resource instances",
    )
    assert conditions["NamespaceFinalizersRemaining"][0] == "True"
    kept = bench.store.draft("ConfigMap", "kept", "old")
    kept["metadata"]["finalizers"] = []
    bench.store.update(kept)
    await bench.settle()
    assert bench.store.find("Namespace", "old") is None


async def test_what_every_namespace_has_comes_back(bench: Bench) -> None:
    await bench.make({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}})
    account = bench.store.get("ServiceAccount", "default", "new")
    root = bench.store.get("ConfigMap", "kube-root-ca.crt", "new")
    bench.store.delete("ServiceAccount", "default", "new")
    bench.store.delete("ConfigMap", "kube-root-ca.crt", "new")
    await bench.settle()
    again = bench.store.get("ServiceAccount", "default", "new")
    assert again["metadata"]["uid"] != account["metadata"]["uid"]
    assert bench.store.get("ConfigMap", "kube-root-ca.crt", "new")["data"] == root["data"]
    wrong = bench.store.draft("ConfigMap", "kube-root-ca.crt", "new")
    wrong["data"] = {"ca.crt": "mine"}
    bench.store.update(wrong)
    await bench.settle()
    assert bench.store.get("ConfigMap", "kube-root-ca.crt", "new")["data"] == root["data"]
