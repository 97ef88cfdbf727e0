"""How much there is to do: annotations of workloads and pods, shared by containers and pods."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.metrics.use import CPU_LOAD, MEMORY_LOAD, Use, of_node, of_pod
from owlab.pocket.kube.metrics.wanted import wanted
from owlab.pocket.kube.quantities import decimal_form
from owlab.pocket.kube.store import Store

from ..controllers.plain_store import obj, pod, store_of
from .test_scaling_and_metrics import RUNNING, SERVER

MIB = 1 << 20
IDLE = Decimal("0.001")


def load(cpu: str = "", memory: str = "") -> Object:
    said = {CPU_LOAD: cpu, MEMORY_LOAD: memory}
    return {"annotations": {name: value for name, value in said.items() if value}}


def owned(kind: str, uid: str, controller: bool = True) -> Object:
    return {"ownerReferences": [{"kind": kind, "name": uid, "uid": uid, "controller": controller}]}


def runs(name: str, *containers: str, ready: bool = True, **meta: Any) -> Object:
    """A pod whose containers run; one that begins with ``-`` does not."""
    names = containers or ("main",)
    made = pod(name, containers=[{"name": one.strip("-"), "image": "x"} for one in names])
    made["metadata"] |= {"uid": name, **meta}
    made["status"]["containerStatuses"] = [
        {"name": one.strip("-"), "state": {"waiting" if one.startswith("-") else "running": {}}}
        for one in names
    ]
    made["status"]["conditions"] = [{"type": "Ready", "status": str(ready)}]
    return made


def deployment(**meta: Any) -> Object:
    return obj("Deployment", "web", {"replicas": 2}, "apps/v1", metadata={"uid": "web", **meta})


SET = obj(
    "ReplicaSet", "web-1", {"replicas": 2}, "apps/v1",
    metadata={"uid": "web-1", **owned("Deployment", "web")},
)  # fmt: skip
OF_SET = owned("ReplicaSet", "web-1")


def of(store: Store, name: str = "a") -> dict[str, tuple[Decimal, int]] | None:
    """Cores beyond idling and MiB beyond what the image takes, by container."""
    found = of_pod(store, store.get("Pod", name, "default"))
    bare = of_pod(store_of(), runs("bare"))
    assert bare is not None
    size = bare["main"].memory
    if found is None:
        return None
    return {title: (use.cpu - IDLE, int((use.memory - size) / MIB)) for title, use in found.items()}


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ([runs("a")], {"main": (0, 0)}),
        ([runs("a", **load("900m", "60Mi"))], {"main": (Decimal("0.9"), 60)}),
        ([runs("a", **load(memory="60Mi"))], {"main": (0, 60)}),
        ([runs("a", **load("-1", "-1Mi"))], {"main": (0, 0)}),
        # A pod's own load is its containers' together.
        (
            [runs("a", "x", "y", **load("900m", "60Mi"))],
            {"x": (Decimal("0.45"), 30), "y": (Decimal("0.45"), 30)},
        ),
        ([runs("a", "x", "-y", **load("900m"))], {"x": (Decimal("0.9"), 0)}),
        ([runs("a", "-x")], None),
        # A workload's is that of its ready pods, however deep they are below it.
        (
            [deployment(**load("900m", "60Mi")), SET, runs("a", **OF_SET)],
            {"main": (Decimal("0.9"), 60)},
        ),
        (
            [deployment(**load("900m")), SET, runs("a", **OF_SET), runs("b", **OF_SET)],
            {"main": (Decimal("0.45"), 0)},
        ),
        (
            [
                deployment(**load("900m")),
                SET,
                runs("a", **OF_SET),
                runs("b", ready=False, **OF_SET),
                runs("c"),
            ],
            {"main": (Decimal("0.9"), 0)},
        ),
        ([deployment(**load("900m")), SET, runs("a", ready=False, **OF_SET)], {"main": (0, 0)}),
        ([deployment(), SET, runs("a", **OF_SET)], {"main": (0, 0)}),
        # Its own counts more than its workload's, and ready or not.
        (
            [
                deployment(**load("900m")),
                SET,
                runs("a", ready=False, **OF_SET, **load("100m")),
            ],
            {"main": (Decimal("0.1"), 0)},
        ),
        # What is no controller has nothing to do for it.
        (
            [deployment(**load("900m")), runs("a", **owned("Deployment", "web", False))],
            {"main": (0, 0)},
        ),
        (
            [deployment(**load("900m")), runs("a", **owned("Deployment", "web"))],
            {"main": (Decimal("0.9"), 0)},
        ),
        ([runs("a", **owned("ReplicaSet", "gone"))], {"main": (0, 0)}),
    ],
)
def test_what_there_is_to_do(objects: list[Object], found: Any) -> None:
    assert of(store_of(*objects)) == found


def test_what_a_node_uses_itself() -> None:
    node = obj("Node", "worker1")
    assert of_node(store_of(), node) == Use(Decimal("0.080"), Decimal(600 * MIB))
    busy = of_node(store_of(runs("a", **load("1", "100Mi")), runs("b", "-x")), node)
    assert busy.cpu == Decimal("1.081")
    assert 700 * MIB + 12 * MIB <= busy.memory < 700 * MIB + 32 * MIB
    assert Use(Decimal("1.0815"), Decimal(1025)).written() == {
        "cpu": "1081500000n",
        "memory": "1Ki",
    }


def test_the_same_image_always_takes_the_same() -> None:
    sizes = {}
    for image in ("nginx", "redis", "postgres", "busybox", "httpd"):
        made = runs("a")
        made["spec"]["containers"][0]["image"] = image
        used = of_pod(store_of(), made)
        again = of_pod(store_of(), made)
        assert used == again and used is not None
        sizes[image] = int(used["main"].memory / MIB)
    assert all(12 <= size < 32 for size in sizes.values()) and len(set(sizes.values())) > 1


# -- what an autoscaler makes of it ---------------------------------------------------------


def metric(name: str = "cpu", kind: str = "Resource", **target: Any) -> Object:
    field = "resource" if kind == "Resource" else "containerResource"
    inner: Object = {"name": name, "target": target}
    return {"type": kind, field: inner | ({"container": "x"} if kind != "Resource" else {})}


def busy(name: str, cpu: str = "499m", memory: str = "", **more: Any) -> Object:
    made = runs(name, "x", "y", **load(cpu, memory))
    for container in made["spec"]["containers"]:
        container["resources"] = {
            "requests": more.get("requests", {"cpu": "250m", "memory": "1Gi"})
        }
    return made


def asked(made: Object, *pods: Object, size: int = 1) -> tuple[int, Object, str]:
    found = wanted(store_of(*SERVER, RUNNING, *pods), made, pods, size)
    [entry] = [value for key, value in found.current.items() if key != "type"]
    return found.replicas, entry["current"], found.title


SHARE = "cpu resource utilization (percentage of request)"
HALF: dict[str, Any] = {"type": "Utilization", "averageUtilization": 50}


@pytest.mark.parametrize(
    ("made", "pods", "size", "replicas", "current", "title"),
    [
        # Both containers idle besides: 501 of 500 thousandths are a hundred percent.
        (metric(**HALF), [busy("a")], 1, 2, {"averageValue": "501m", "averageUtilization": 100},
         SHARE),
        (metric(**HALF), [busy("a", "498m")], 1, 2,
         {"averageValue": "500m", "averageUtilization": 100}, SHARE),
        # Eighty percent where nothing is said.
        (metric(type="Utilization"), [busy("a", "398m")], 1, 1,
         {"averageValue": "400m", "averageUtilization": 80}, SHARE),
        (metric(kind="ContainerResource", **HALF), [busy("a", "498m")], 1, 2,
         {"averageValue": "250m", "averageUtilization": 100},
         "cpu container resource utilization (percentage of request)"),
        (metric(type="AverageValue", averageValue="250m"), [busy("a", "498m")], 1, 2,
         {"averageValue": "500m"}, "cpu resource"),
        (metric(type="Value", value="250m"), [busy("a", "498m")], 1, 2,
         {"averageValue": "500m"}, "cpu resource"),
        (metric(type="AverageValue"), [busy("a", "498m")], 4, 4,
         {"averageValue": "500m"}, "cpu resource"),
        # A tenth more or less is as it should be.
        (metric(type="AverageValue", averageValue="500m"), [busy("a", "548m")], 1, 1,
         {"averageValue": "550m"}, "cpu resource"),
        (metric(type="AverageValue", averageValue="500m"), [busy("a", "549m")], 1, 2,
         {"averageValue": "551m"}, "cpu resource"),
        (metric(type="AverageValue", averageValue="500m"), [busy("a", "448m"), busy("b", "448m")],
         2, 2, {"averageValue": "450m"}, "cpu resource"),
        (metric(type="AverageValue", averageValue="500m"), [busy("a", "198m"), busy("b", "198m")],
         2, 1, {"averageValue": "200m"}, "cpu resource"),
    ],
)  # fmt: skip
def test_how_many_are_wanted(
    made: Object, pods: list[Object], size: int, replicas: int, current: Object, title: str
) -> None:
    assert asked(made, *pods, size=size) == (replicas, current, title)


def test_memory_has_a_decimal_form() -> None:
    target = {"type": "AverageValue", "averageValue": "100Mi"}
    pods = [busy("a", "", "300Mi"), busy("b", "", "100Mi")]
    replicas, current, title = asked(metric("memory", **target), *pods, size=2)
    uses = [use for made in pods for use in (of_pod(store_of(), made) or {}).values()]
    total = int(sum(use.memory for use in uses))
    assert (replicas, title) == (-(-total // (100 * MIB)), "memory resource")
    assert current == {"averageValue": str(total // 2)}


@pytest.mark.parametrize(
    ("thousandths", "text"),
    [
        (0, "0"),
        (1, "1m"),
        (999, "999m"),
        (1000, "1"),
        (1500, "1500m"),
        (999_000, "999"),
        (1_000_000, "1k"),
        (1_000_001, "1000001m"),
        (1_500_000_000, "1500k"),
        (346_030_080_000, "346030080"),
        (2_097_152_000_000, "2097152k"),
        (10**9, "1M"),
        (10**12, "1G"),
        (10**15, "1T"),
        (10**18, "1P"),
        (10**21, "1E"),
        (10**24, "1000E"),
    ],
)
def test_decimal_forms(thousandths: int, text: str) -> None:
    assert decimal_form(thousandths) == text
