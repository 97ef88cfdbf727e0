"""Which node a pod gets, and why it gets none: on nodes and pods at rest."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.scheduling.choice import Choice
from owlab.pocket.kube.scheduling.loads import Loads
from owlab.pocket.kube.scheduling.node_affinity import (
    matches_node,
    term_matches,
    tolerates,
    toleration_seconds,
)
from owlab.pocket.kube.scheduling.preemption import Preemption

from .plain_store import namespace, pod, store_of

ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"


def node(name: str, zone: str = "", taints: Any = (), **more: Any) -> Object:
    labels = {HOST: name, **({ZONE: zone} if zone else {}), **more.pop("labels", {})}
    spec: Object = {"taints": list(taints), **more.pop("spec", {})}
    allocatable = {"cpu": "2", "memory": "4Gi", "pods": "10", **more}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": spec,
        "status": {"allocatable": allocatable},
    }


def taint(effect: str, key: str = "k", value: str = "v") -> Object:
    return {"key": key, "value": value, "effect": effect}


def asks(name: str, on: str | None = None, **more: Any) -> Object:
    """A pod that asks for an amount of CPU, on a node or on none."""
    wanted = {"cpu": more.pop("cpu", "100m")}
    container = {"name": "main", "resources": {"requests": wanted}, **more.pop("container", {})}
    made = pod(name, containers=[container], nodeName=on, **more)
    made["metadata"]["uid"] = f"uid-{name}"
    return made


def chosen(made: Object, *objects: Object, unreachable: tuple[str, ...] = ()) -> str:
    """The node's name, or the message."""
    store = store_of(namespace("other", team="a"), *objects)

    def reachable(one: Object) -> str | None:
        return "node(s) had volume trouble" if one["metadata"]["name"] in unreachable else None

    name, said = Choice(store, Loads(store)).of(made, reachable)
    return name or said


def none(count: int, why: str, preemption: str = "") -> str:
    helpful = preemption or f"{count} Preemption is not helpful for scheduling"
    return (
        f"0/{count} nodes are available: {why}. "
        f"preemption: 0/{count} nodes are available: {helpful}."
    )


A, B, C = node("a", "east"), node("b", "east"), node("c", "west")
CORDONED = node("a", spec={"unschedulable": True})
VICTIMS = "No preemption victims found for incoming pod"


def test_without_nodes():
    assert chosen(asks("p")) == "no nodes available to schedule pods"


@pytest.mark.parametrize(
    ("made", "nodes", "said"),
    [
        (asks("p", cpu="2"), [A], "a"),
        (asks("p", cpu="2001m"), [A], none(1, "1 Insufficient cpu")),
        (asks("p", cpu="1"), [A, asks("q", "a", cpu="1")], "a"),
        (
            asks("p", cpu="1"),
            [A, asks("q", "a", cpu="1001m")],
            none(1, "1 Insufficient cpu", f"1 {VICTIMS}"),
        ),
        (asks("p"), [node("a", pods="1")], "a"),
        (
            asks("p"),
            [node("a", pods="1"), asks("q", "a")],
            none(1, "1 Too many pods", f"1 {VICTIMS}"),
        ),
        (
            asks("p", cpu="3"),
            [node("a", pods="0"), node("b")],
            none(2, "1 Too many pods, 2 Insufficient cpu"),
        ),
        (
            asks("p", container={"resources": {"requests": {"example.com/gpu": "1"}}}),
            [A, node("b", **{"example.com/gpu": "1"})],
            "b",
        ),
        (
            asks("p"),
            [CORDONED],
            none(1, "1 node(s) were unschedulable"),
        ),
        (
            asks("p", tolerations=[{"operator": "Exists"}]),
            [CORDONED],
            "a",
        ),
        (
            asks("p"),
            [node("a", taints=[taint("NoSchedule")])],
            none(1, "1 node(s) had untolerated taint {k: v}"),
        ),
        (asks("p"), [node("a", taints=[taint("PreferNoSchedule")])], "a"),
        (asks("p"), [node("a", taints=[taint("PreferNoSchedule")]), node("b")], "b"),
        (
            asks("p", nodeSelector={ZONE: "north"}),
            [A, C],
            none(2, "2 node(s) didn't match Pod's node affinity/selector"),
        ),
        (asks("p", nodeSelector={ZONE: "west"}), [A, B, C], "c"),
        (
            asks("p", container={"ports": [{"containerPort": 80, "hostPort": 80}]}),
            [A, asks("q", "a", container={"ports": [{"containerPort": 80, "hostPort": 80}]})],
            none(
                1,
                "1 node(s) didn't have free ports for the requested pod ports",
                f"1 {VICTIMS}",
            ),
        ),
        (
            asks("p", cpu="2"),
            [A, node("b", taints=[taint("NoExecute")]), asks("q", "a")],
            none(
                2,
                "1 Insufficient cpu, 1 node(s) had untolerated taint {k: v}",
                f"1 {VICTIMS}, 1 Preemption is not helpful for scheduling",
            ),
        ),
        # The emptier node, and the one with fewer pods of the same owner.
        (asks("p"), [A, B, asks("q", "a", cpu="1")], "b"),
        (asks("p"), [A, B, asks("q", "b", cpu="1")], "a"),
    ],
)
def test_what_fits(made, nodes, said):
    assert chosen(made, *nodes) == said


def test_volumes_that_cannot_be_reached():
    assert chosen(asks("p"), A, B, unreachable=("a",)) == "b"
    assert chosen(asks("p"), A, unreachable=("a",)) == none(1, "1 node(s) had volume trouble")


def owned(made: Object) -> Object:
    made["metadata"]["ownerReferences"] = [
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "name": "r",
            "uid": "r",
            "controller": True,
        }
    ]
    return made


def test_pods_of_one_owner_are_spread():
    there = [owned(asks("x", "a")), asks("y", "b", cpu="1500m")]
    assert chosen(owned(asks("p")), A, B, *there) == "b"
    assert chosen(asks("p"), A, B, *there) == "a"


def preferred(weight: int, *values: str) -> Object:
    expression = {"key": HOST, "operator": "In", "values": list(values)}
    return {"weight": weight, "preference": {"matchExpressions": [expression]}}


def wishing(*wishes: Object) -> Object:
    key = "preferredDuringSchedulingIgnoredDuringExecution"
    return asks("p", affinity={"nodeAffinity": {key: list(wishes)}})


def test_the_most_wished_node():
    full = asks("q", "c", cpu="1900m")
    assert chosen(wishing(preferred(1, "c")), A, B, C, full) == "c"
    assert chosen(wishing(preferred(1, "c"), preferred(2, "b")), A, B, C) == "b"
    assert (
        chosen(wishing(preferred(2, "c"), preferred(1, "c", "b"), preferred(2, "b")), B, C) in "bc"
    )
    assert chosen(wishing(preferred(2, "a", "c"), preferred(1, "a")), A, B, C) == "a"


REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def near(kind: str, app: str, key: str = ZONE, **term: Any) -> Object:
    return {kind: {REQUIRED: [{"topologyKey": key, "labelSelector": labels(app), **term}]}}


def labels(app: str) -> Object:
    return {"matchLabels": {"app": app}}


AFFINITY = "node(s) didn't match pod affinity rules"
TWO = [asks("q", "a"), asks("q2", "c", labels={"app": "q"})]
ANTI = "node(s) didn't match pod anti-affinity rules"
ALONE = none(3, f"3 {AFFINITY}", f"3 {VICTIMS}")
REPELLED = "node(s) didn't satisfy existing pods anti-affinity rules"


@pytest.mark.parametrize(
    ("affinity", "there", "said"),
    [
        (near("podAffinity", "q"), [asks("q", "c")], "c"),
        (near("podAffinity", "q"), [], ALONE),
        (near("podAffinity", "q", HOST), [asks("q", "b")], "b"),
        (near("podAffinity", "p"), [asks("q", "a")], {"a", "b", "c"}),  # the first of its kind
        (
            near("podAffinity", "q"),
            [asks("q", "c", namespace="other")],
            ALONE,
        ),
        (near("podAffinity", "q", namespaces=["other"]), [asks("q", "c", namespace="other")], "c"),
        (
            near("podAffinity", "q", namespaceSelector={"matchLabels": {"team": "a"}}),
            [asks("q", "c", namespace="other")],
            "c",
        ),
        (
            near("podAffinity", "q", "none"),
            [asks("q", "c")],
            ALONE,
        ),
        (near("podAntiAffinity", "q"), [asks("q", "a")], "c"),
        (
            near("podAntiAffinity", "q", HOST),
            TWO,
            "b",
        ),
        (
            near("podAntiAffinity", "q"),
            TWO,
            none(3, f"3 {ANTI}", f"3 {VICTIMS}"),
        ),
        (near("podAntiAffinity", "q", "none"), [asks("q", "a")], {"a", "b", "c"}),
        # Those who are there may not want it near them.
        ({}, [asks("q", "c", affinity=near("podAntiAffinity", "p"))], {"a", "b"}),
        (
            {},
            [
                asks("q", "c", affinity=near("podAntiAffinity", "p")),
                asks("r", "a", affinity=near("podAntiAffinity", "p")),
            ],
            none(3, f"3 {REPELLED}", f"3 {VICTIMS}"),
        ),
        ({}, [asks("q", "c", affinity=near("podAntiAffinity", "other"))], {"a", "b", "c"}),
    ],
)
def test_neighbours(affinity, there, said):
    found = chosen(asks("p", affinity=affinity), A, B, C, *there)
    assert found in said if isinstance(said, set) else found == said


def test_neighbours_that_are_only_wished_for():
    def wish(kind: str, weight: int, app: str) -> Object:
        term = {"topologyKey": ZONE, "labelSelector": labels(app)}
        return {kind: {PREFERRED: [{"weight": weight, "podAffinityTerm": term}]}}

    there = [asks("q", "c", cpu="1800m")]
    assert chosen(asks("p", affinity=wish("podAffinity", 1, "q")), A, B, C, *there) == "c"
    crowd = [asks("q", "a"), asks("r", "c", cpu="1800m")]
    assert chosen(asks("p", affinity=wish("podAntiAffinity", 1, "q")), A, B, C, *crowd) == "c"


def test_wishes_are_weighed_against_each_other():
    def wish(weight: int, app: str) -> Object:
        return {
            "weight": weight,
            "podAffinityTerm": {"topologyKey": HOST, "labelSelector": labels(app)},
        }

    there = [asks("q", "c", cpu="1800m"), asks("r", "c", cpu="100m")]
    for near_it, far_from_it, said in ((3, 4, {"a", "b"}), (4, 3, {"c"}), (3, 5, {"a", "b"})):
        affinity = {
            "podAffinity": {PREFERRED: [wish(near_it, "q")]},
            "podAntiAffinity": {PREFERRED: [wish(far_from_it, "r")]},
        }
        assert chosen(asks("p", cpu="0", affinity=affinity), A, B, C, *there) in said


def going(made: Object, *objects: Object) -> str:
    """The choice while all pods that are there go away."""
    store = store_of(*objects)
    loads = Loads(store)
    for one in store.list("Pod"):
        store.delete("Pod", one["metadata"]["name"], "default", grace=30)
    name, said = Choice(store, loads).of(made, lambda one: None)
    return name or said


def test_who_goes_away_is_still_a_neighbour_but_is_not_counted_for_spreading():
    """As in kube-scheduler: until it is gone, a pod is near."""
    assert going(asks("p", affinity=near("podAffinity", "q")), A, C, asks("q", "c")) == "c"
    assert going(asks("p", affinity=near("podAntiAffinity", "q")), A, C, asks("q", "c")) == "a"
    repelling = asks("q", "c", affinity=near("podAntiAffinity", "p"))
    assert going(asks("p"), A, C, repelling, asks("r", "a", cpu="1900m")) == "a"
    there = [alike("x", "a"), asks("z", "c", cpu="1800m")]
    assert chosen(asks("p", **spread()), A, C, *there) == "c"
    assert going(asks("p", **spread()), A, C, *there) == "a"


def spread(skew: int = 1, key: str = ZONE, when: str = "DoNotSchedule", **more: Any) -> Object:
    selector = {"labelSelector": labels("p")}
    constraint = {"maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": when, **selector}
    return {"topologySpreadConstraints": [{**constraint, **more}]}


def alike(name: str, on: str, **more: Any) -> Object:
    return asks(name, on, labels={"app": "p", **more})


SPREAD = "node(s) didn't match pod topology spread constraints"
UNEVEN = none(3, f"3 {SPREAD}", f"3 {VICTIMS}")
MISSING = f"{SPREAD} (missing required label)"


@pytest.mark.parametrize(
    ("wish", "there", "said"),
    [
        (spread(), [alike("x", "a")], "c"),
        (spread(), [alike("x", "c")], {"a", "b"}),
        (spread(2), [alike("x", "c")], {"a", "b", "c"}),
        (spread(), [alike("x", "a"), alike("y", "c")], {"a", "b", "c"}),
        (spread(key="none"), [], none(3, f"3 {MISSING}", f"3 {VICTIMS}")),
        (
            spread(minDomains=3),
            [alike("x", "a"), alike("y", "c")],
            UNEVEN,
        ),
        (spread(minDomains=2), [alike("x", "a"), alike("y", "c")], {"a", "b", "c"}),
        (spread(when="ScheduleAnyway"), [alike("x", "a"), asks("z", "c", cpu="1800m")], "c"),
        (spread(key=HOST), [alike("x", "a"), alike("y", "b")], "c"),
    ],
)
def test_even_spreading(wish, there, said):
    found = chosen(asks("p", **wish), A, B, C, *there)
    assert found in said if isinstance(said, set) else found == said


def test_what_counts_for_even_spreading():
    west: dict[str, Any] = {"nodeSelector": {ZONE: "west"}}
    there = [alike("x", "c")]
    assert chosen(asks("p", **spread(), **west), A, C, *there) == "c", "others are no place for it"
    ignoring = spread(nodeAffinityPolicy="Ignore")
    assert chosen(asks("p", **ignoring, **west), A, C, *there).startswith("0/2 nodes")
    tainted = node("t", "north", taints=[taint("NoSchedule")])
    both = [alike("x", "a"), alike("y", "c")]
    assert chosen(asks("p", **spread()), A, C, tainted, *both).startswith("0/3 nodes")
    honest = spread(nodeTaintsPolicy="Honor")
    assert chosen(asks("p", **honest), A, C, tainted, *both) in {"a", "c"}
    newer = asks("p", labels={"hash": "2"}, **spread(matchLabelKeys=["hash"]))
    older = [alike("x", "a", hash="1"), alike("y", "a", hash="1"), alike("z", "c", hash="2")]
    assert chosen(newer, A, C, *older) == "a"


LABELS = {"metadata": {"name": "n", "labels": {"cpus": "8", "disk": "ssd"}}}


def expression(operator: str, key: str = "cpus", *values: str) -> Object:
    return {"key": key, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("term", "match"),
    [
        ({}, False),
        ({"matchExpressions": [expression("Gt", "cpus", "7")]}, True),
        ({"matchExpressions": [expression("Gt", "cpus", "8")]}, False),
        ({"matchExpressions": [expression("Lt", "cpus", "9")]}, True),
        ({"matchExpressions": [expression("Lt", "cpus", "8")]}, False),
        ({"matchExpressions": [expression("Gt", "disk", "1")]}, False),
        ({"matchExpressions": [expression("Gt", "none", "1")]}, False),
        ({"matchExpressions": [expression("Gt", "cpus")]}, False),
        ({"matchExpressions": [expression("In", "disk", "hdd", "ssd")]}, True),
        ({"matchExpressions": [expression("NotIn", "none", "x")]}, True),
        ({"matchExpressions": [expression("Exists", "disk"), expression("Exists", "x")]}, False),
        ({"matchFields": [expression("In", "metadata.name", "n")]}, True),
        ({"matchFields": [expression("In", "metadata.name", "m")]}, False),
        (
            {
                "matchExpressions": [expression("Exists", "x")],
                "matchFields": [expression("In", "metadata.name", "n")],
            },
            False,
        ),
    ],
)
def test_terms_of_node_affinity(term, match):
    assert term_matches(term, LABELS) == match
    required = {
        REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [expression("Exists", "x")]}, term]}
    }
    assert matches_node({"affinity": {"nodeAffinity": required}}, LABELS) == match
    assert not matches_node(
        {"affinity": {"nodeAffinity": required}, "nodeSelector": {"disk": "hdd"}}, LABELS
    )


TAINT = taint("NoExecute")


@pytest.mark.parametrize(
    ("toleration", "match"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "k", "operator": "Exists"}, True),
        ({"key": "x", "operator": "Exists"}, False),
        ({"key": "k", "operator": "Exists", "effect": "NoExecute"}, True),
        ({"key": "k", "operator": "Exists", "effect": "NoSchedule"}, False),
        ({"key": "k", "value": "v"}, True),
        ({"key": "k", "operator": "Equal", "value": "w"}, False),
        ({"key": "k"}, False),
        ({"key": "x", "value": "v"}, False),
    ],
)
def test_tolerations(toleration, match):
    spec = {"tolerations": [{"key": "other"}, toleration]}
    assert tolerates(spec, TAINT) == match
    assert toleration_seconds(spec, TAINT) == (None if match else 0.0)


@pytest.mark.parametrize(
    ("seconds", "stays"), [([5], 5.0), ([5, 3], 3.0), ([None, 7], 7.0), ([-1], 0.0), ([None], None)]
)
def test_for_how_long_a_taint_is_tolerated(seconds, stays):
    tolerations = [
        {"operator": "Exists", **({} if s is None else {"tolerationSeconds": s})} for s in seconds
    ]
    assert toleration_seconds({"tolerations": tolerations}, TAINT) == stays


def preempted(made: Object, *objects: Object) -> tuple[str, set[str]] | None:
    store = store_of(*objects)
    choice, loads = Choice(store, Loads(store)), Loads(store)
    found = Preemption(store, loads, choice.nodes).of(made, lambda one: None)
    return (found.node, {v["metadata"]["name"] for v in found.victims}) if found else None


@pytest.mark.parametrize(
    ("made", "there", "found"),
    [
        (asks("p", cpu="2", priority=9), [asks("q", "a", cpu="1", priority=1)], ("a", {"q"})),
        (asks("p", cpu="2", priority=1), [asks("q", "a", cpu="1", priority=1)], None),
        (
            asks("p", cpu="2", priority=9, preemptionPolicy="Never"),
            [asks("q", "a", cpu="1")],
            None,
        ),
        (asks("p", cpu="3", priority=9), [asks("q", "a", cpu="1")], None),
        (  # the more important one can stay
            asks("p", cpu="1", priority=9),
            [asks("q", "a", cpu="1", priority=2), asks("r", "a", cpu="1", priority=1)],
            ("a", {"r"}),
        ),
        (
            asks("p", cpu="1500m", priority=9),
            [asks("q", "a", cpu="1", priority=2), asks("r", "a", cpu="1", priority=1)],
            ("a", {"q", "r"}),
        ),
        (  # on the node where the less important go
            asks("p", cpu="2", priority=9),
            [B, asks("q", "a", cpu="1", priority=3), asks("r", "b", cpu="1", priority=2)],
            ("b", {"r"}),
        ),
        (
            asks("p", cpu="2", priority=9),
            [
                B,
                asks("q", "a", cpu="1", priority=2),
                asks("s", "a", cpu="1", priority=2),
                asks("r", "b", cpu="1", priority=2),
            ],
            ("b", {"r"}),
        ),
        (
            asks("p", cpu="2", priority=9, nodeSelector={HOST: "b"}),
            [asks("q", "a", cpu="1")],
            None,
        ),
    ],
)
def test_who_goes_for_a_more_important_one(made, there, found):
    assert preempted(made, A, *there) == found
