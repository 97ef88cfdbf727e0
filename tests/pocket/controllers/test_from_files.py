"""What comes of manifests: each ``data/NAME.input.yaml`` against its ``NAME.output.yaml``.

The documents of an input are done in order, and each is waited for. A manifest is made, or put over
the object of its name; ``{delete: KIND/NAME, propagation: Orphan}`` deletes; ``{machine: worker1,
running: false}`` switches a machine off. The output has all objects that are there in the end but
those that every cluster has, without what differs from run to run, and the events. ``make goldens``
writes the outputs again: the difference is to be reviewed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import defaults
from owlab.pocket.kube.apiserver.patch import merge
from owlab.pocket.kube.standard_objects import standard_objects
from tests.pocket.controllers.conftest import Bench

DATA = Path(__file__).with_name("data")
NAMES = sorted(path.name.removesuffix(".input.yaml") for path in DATA.glob("*.input.yaml"))
KINDS = (
    *("Namespace", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"),
    *("Service", "Endpoints", "EndpointSlice", "PersistentVolumeClaim", "PersistentVolume"),
    *("PodDisruptionBudget", "HorizontalPodAutoscaler", "ResourceQuota", "ControllerRevision"),
    *("Ingress", "APIService"),
)
SPEC = {"nodeName", "replicas", "volumeName", "suspend", "clusterIP", "ports"}
"""What controllers write into a specification; the rest is the manifest's."""
OF_THE_RUN = re.compile(
    r"uid|resourceVersion|.*[tT]ime(stamp)?|(startedA|finishedA)t|containerID|imageID|qosClass"
    r"|(host|pod)IPs?|lastState|started"
)
RANDOM = re.compile(
    r"(?<=-)([bcdfghjklmnpqrstvwxz2456789]{5}|[0-9a-f]{5})\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b"
)
ADDRESS = re.compile(r"\b(10\.4[23]|127\.9)\.\d+\.\d+\b")
STANDARD = {obj["metadata"]["name"] for obj in standard_objects(metrics=True)}
STANDARD |= {"v1.helm.cattle.io", "v1.k3s.cattle.io"}
CLUSTERS = ("Namespace", "Node", "PriorityClass", "PersistentVolume", "APIService")
EVERYWHERE = {"kubernetes", "default", "kube-system", "kube-public", "kube-node-lease"}


async def carry_out(bench: Bench, document: dict[str, Any]) -> None:
    """One document of an input."""
    if "delete" in document:
        kind, name = document["delete"].split("/")
        namespace = "" if kind in ("Namespace", "Node", "PersistentVolume") else "default"
        bench.store.delete(kind, name, namespace, document.get("propagation", "Background"))
    elif "machine" in document:
        bench.fleet.machines[document["machine"]].running = document["running"]
    else:
        meta = document["metadata"]
        kind = document["kind"]
        namespaced = kind not in CLUSTERS
        if namespaced:
            meta.setdefault("namespace", "default")
        old = bench.store.find(kind, meta["name"], meta.get("namespace", ""))
        if old is None:
            await bench.make(document)
            return
        draft = bench.store.draft(kind, meta["name"], meta.get("namespace", ""))
        changed = merge(draft, document)
        defaults.fill(bench.store, changed)
        if changed.get("spec") != old.get("spec"):
            changed["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1
        bench.store.update(changed)
    await bench.settle()


def plain(value: Any) -> Any:
    """Without what differs from run to run."""
    if isinstance(value, dict) and {"type", "status"} <= set(value):
        more = [str(value[k]) for k in ("reason", "message") if value.get(k)]
        return plain(f"{value['type']}={value['status']} {': '.join(more)}".rstrip())
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if not OF_THE_RUN.fullmatch(k)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str):
        value = ADDRESS.sub(r"\1.x.x", RANDOM.sub("xxxxx", value))
        return re.sub(r"(-xxxxx to) \w+$", r"\1 a node", value)
    return value


def without_counts(statuses: list[Any]) -> None:
    """How often a container was started again, and how long it waits, is a matter of time."""
    for status in statuses:
        waiting = status.get("state", {}).get("waiting", {})
        if waiting.get("reason") == "CrashLoopBackOff":
            status["restartCount"] = "some"
            waiting["message"] = re.sub(r"back-off \w+", "back-off a while", waiting["message"])


def told(obj: Object) -> dict[str, Any]:
    """What controllers did to an object."""
    meta = obj["metadata"]
    labels = {k: v for k, v in meta.get("labels", {}).items() if "controller-uid" not in k}
    owners = [f"{o['kind']}/{o['name']}" for o in meta.get("ownerReferences", ())]
    spec = {k: v for k, v in obj.get("spec", {}).items() if k in SPEC}
    if any(owner.startswith("ReplicaSet/") for owner in owners):
        spec.pop("nodeName", None)  # equal ones may change places
    ending = bool(meta.get("deletionTimestamp"))
    shown: dict[str, Any] = {
        "kind": obj["kind"],
        "name": meta["name"],
        "namespace": meta.get("namespace"),
        "labels": labels,
        "annotations": meta.get("annotations"),
        "generation": meta.get("generation"),
        "owners": owners,
        "ending": ending,
        "spec": spec,
        **{k: obj[k] for k in ("status", "subsets", "endpoints") if k in obj},
    }
    made = {k: plain(v) for k, v in shown.items() if v}
    without_counts(made.get("status", {}).get("containerStatuses", []))
    return made


def outcome(bench: Bench) -> Iterator[dict[str, Any]]:
    """All of it, in an order that does not depend on random names."""
    for kind in KINDS:
        objects = [
            told(obj)
            for obj in bench.store.list(kind)
            if obj["metadata"]["name"] not in EVERYWHERE | STANDARD
            and obj["metadata"].get("namespace", "default") not in EVERYWHERE - {"default"}
        ]
        yield from sorted(objects, key=yaml.safe_dump)
    events = {
        (e["involvedObject"]["kind"], e["type"], e["reason"], plain(e["message"]))
        for e in bench.store.list("Event", "default")
        if e["involvedObject"]["kind"] != "Node"
    }
    yield {"events": ["  ".join(event) for event in sorted(events)]}


@pytest.mark.parametrize("name", NAMES)
async def test_the_manifests_come_to(bench: Bench, name: str) -> None:
    for document in yaml.safe_load_all((DATA / f"{name}.input.yaml").read_text()):
        await carry_out(bench, document)
    seen = yaml.safe_dump_all(list(outcome(bench)), sort_keys=False, width=100)
    file = DATA / f"{name}.output.yaml"
    if os.environ.get("OWLAB_REWRITE_GOLDENS"):
        file.write_text(seen)
    assert seen == file.read_text()


def test_every_output_has_its_input() -> None:
    outputs = {path.name.removesuffix(".output.yaml") for path in DATA.glob("*.output.yaml")}
    assert outputs == set(NAMES)
