"""What namespaces give to pods, and how much they may take, on objects at rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from owlab.pocket.kube.admission import limit_ranges
from owlab.pocket.kube.admission.quotas import check
from owlab.pocket.kube.errors import ApiError
from owlab.pocket.kube.kinds import KINDS
from owlab.pocket.kube.quota import selects, usage, used, written

from ...clients.manifests import Object
from ..controllers.plain_store import namespace, obj, pod, store_of

KIND = {kind.kind: kind for kind in KINDS}


def container(name: str = "main", requests: Any = None, limits: Any = None, **more: Any) -> Object:
    resources = {"requests": requests or {}, "limits": limits or {}}
    return {"name": name, "image": "nginx", "resources": resources, **more}


def limits(**item: Any) -> Object:
    return obj("LimitRange", "bounds", {"limits": [{"type": "Container", **item}]})


def denied(item: Object, made: Object, old: Object | None = None) -> str:
    """What is said of an object within these limits, without what every refusal begins with."""
    try:
        limit_ranges.check(store_of(limits(**item)), made, old)
    except ApiError as error:
        return error.message.partition("is forbidden: ")[2]
    return ""


CPU = "usage per Container is"


@pytest.mark.parametrize(
    ("item", "requests", "most", "said"),
    [
        ({"min": {"cpu": "1"}}, {"cpu": "1"}, {}, ""),
        ({"min": {"cpu": "1"}}, {"cpu": "999m"}, {}, f"minimum cpu {CPU} 1, but request is 999m"),
        ({"min": {"cpu": "1"}}, {}, {}, f"minimum cpu {CPU} 1.  No request is specified"),
        (
            {"min": {"cpu": "1"}},
            {"cpu": "1"},
            {"cpu": "500m"},
            f"minimum cpu {CPU} 1, but limit is 500m",
        ),
        ({"max": {"cpu": "1"}}, {"cpu": "1"}, {"cpu": "1"}, ""),
        ({"max": {"cpu": "1"}}, {}, {"cpu": "1001m"}, f"maximum cpu {CPU} 1, but limit is 1001m"),
        ({"max": {"cpu": "1"}}, {"cpu": "1"}, {}, f"maximum cpu {CPU} 1.  No limit is specified"),
        (
            {"max": {"cpu": "1"}},
            {"cpu": "2"},
            {"cpu": "1"},
            f"maximum cpu {CPU} 1, but request is 2",
        ),
        ({"maxLimitRequestRatio": {"cpu": "2"}}, {"cpu": "1"}, {"cpu": "2"}, ""),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"cpu": "1"},
            {"cpu": "3"},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
        ),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"cpu": "0"},
            {"cpu": "3"},
            "cpu max limit to request ratio per Container is 2, but no request is specified or "
            "request is 0",
        ),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"cpu": "1"},
            {},
            "cpu max limit to request ratio per Container is 2, but no limit is specified or limit "
            "is 0",
        ),
        (
            {"min": {"cpu": "1"}, "max": {"cpu": "2"}},
            {},
            {},
            f"[minimum cpu {CPU} 1.  No request is specified, "
            f"maximum cpu {CPU} 2.  No limit is specified]",
        ),
    ],
)
def test_bounds_of_containers(item, requests, most, said):
    made = pod("box", containers=[container(requests=requests, limits=most)])
    assert denied(item, made) == said
    init = pod("box", initContainers=made["spec"]["containers"], containers=[])
    assert denied(item, init) == said
    twice = pod("box", containers=made["spec"]["containers"] * 2)
    assert denied(item, twice) == said, "the same is said once"
    assert denied(item, made, made) == "", "a pod that is there stays"
    other = pod("box", namespace="other", containers=made["spec"]["containers"])
    assert denied(item, other) == ""


HALF = {"cpu": "500m", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("mains", "inits", "said"),
    [
        ([(HALF, HALF), (HALF, HALF)], [], ""),
        (
            [(HALF, HALF), (HALF, HALF), (HALF, HALF)],
            [],
            "maximum cpu usage per Pod is 1, but limit is 1500m",
        ),
        ([(HALF, HALF), (HALF, {})], [], "maximum cpu usage per Pod is 1.  No limit is specified"),
        (
            [(HALF, HALF)],
            [({"cpu": "2"}, {"cpu": "2"})],
            "maximum cpu usage per Pod is 1, but limit is 2",
        ),
        ([(HALF, HALF)], [({"cpu": "1"}, {"cpu": "1"})], ""),
    ],
)
def test_bounds_of_whole_pods(mains, inits, said):
    made = pod(
        "box",
        containers=[container(requests=r, limits=m) for r, m in mains],
        initContainers=[container(requests=r, limits=m) for r, m in inits],
    )
    assert denied({"type": "Pod", "max": {"cpu": "1"}}, made) == said


def claim(size: str) -> Object:
    resources = {"requests": {"storage": size}}
    return obj("PersistentVolumeClaim", "data", {"resources": resources})


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ("1Gi", ""),
        ("2Gi", ""),
        ("1Mi", "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi"),
        ("3Gi", "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi"),
    ],
)
def test_bounds_of_claims(size, said):
    item = {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}}
    assert denied(item, claim(size)) == denied(item, claim(size), claim("5Gi")) == said
    assert denied(item, claim(size), claim(size)) == ""


def test_defaults_are_filled_in_where_nothing_is_said():
    store = store_of(limits(default={"cpu": "2", "memory": "1Gi"}, defaultRequest={"cpu": "1"}))
    made = pod(
        "box",
        containers=[container("a"), container("b", {"cpu": "3"}, {"memory": "2Gi"})],
        initContainers=[container("c", {"cpu": "1"}, {"cpu": "1", "memory": "1"})],
    )
    limit_ranges.fill(store, made)
    first, second = (c["resources"] for c in made["spec"]["containers"])
    assert first == {"requests": {"cpu": "1"}, "limits": {"cpu": "2", "memory": "1Gi"}}
    assert second == {"requests": {"cpu": "3"}, "limits": {"memory": "2Gi", "cpu": "2"}}
    assert made["metadata"]["annotations"] == {
        "kubernetes.io/limit-ranger": "LimitRanger plugin set: cpu request for container a; "
        "cpu, memory limit for container a; cpu limit for container b"
    }
    plain = pod("box")
    limit_ranges.fill(store_of(), plain)
    assert "annotations" not in plain["metadata"]


def test_the_first_of_two_defaults_counts():
    other = limits(default={"cpu": "3", "memory": "3Gi"})
    other["metadata"]["name"] = "later"
    made = pod("box")
    limit_ranges.fill(store_of(limits(default={"cpu": "2"}), other), made)
    assert made["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "2", "memory": "3Gi"}


@pytest.mark.parametrize(
    ("resource", "amount", "text"),
    [
        ("cpu", "1.5", "1500m"),
        ("cpu", "2", "2"),
        ("cpu", "0.0001", "1m"),
        ("pods", "1024", "1024"),
        ("memory", "1024", "1Ki"),
        ("memory", "1025", "1025"),
        ("requests.memory", "1073741824", "1Gi"),
        ("requests.storage", "1610612736", "1536Mi"),
        ("memory", "0", "0"),
        ("memory", str(2**60), "1024Pi"),
    ],
)
def test_how_amounts_are_written(resource, amount, text):
    assert written(resource, Decimal(amount)) == text


ONE = Decimal(1)
GIB = Decimal(2**30)
ASKS = container(requests={"cpu": "500m", "memory": "1Gi", "a.b/c": "2"}, limits={"cpu": "1"})


@pytest.mark.parametrize(
    ("kind", "made", "amounts"),
    [
        ("ConfigMap", obj("ConfigMap", "a"), {"count/configmaps": ONE, "configmaps": ONE}),
        ("Deployment", obj("Deployment", "a"), {"count/deployments.apps": ONE}),
        ("ServiceAccount", obj("ServiceAccount", "a"), {"count/serviceaccounts": ONE}),
        (
            "Pod",
            pod("a", containers=[ASKS]),
            {
                "count/pods": ONE,
                "pods": ONE,
                "requests.cpu": Decimal("0.5"),
                "cpu": Decimal("0.5"),
                "requests.memory": GIB,
                "memory": GIB,
                "requests.a.b/c": Decimal(2),
                "limits.cpu": ONE,
            },
        ),
        (
            "Pod",
            {**pod("a", containers=[ASKS]), "status": {"phase": "Succeeded"}},
            {"count/pods": ONE},
        ),
        (
            "PersistentVolumeClaim",
            claim("1Gi"),
            {
                "count/persistentvolumeclaims": ONE,
                "persistentvolumeclaims": ONE,
                "requests.storage": GIB,
            },
        ),
        (
            "PersistentVolumeClaim",
            {**claim("1Gi"), "spec": {**claim("1Gi")["spec"], "storageClassName": "nfs"}},
            {
                "count/persistentvolumeclaims": ONE,
                "persistentvolumeclaims": ONE,
                "requests.storage": GIB,
                "nfs.storageclass.storage.k8s.io/requests.storage": GIB,
                "nfs.storageclass.storage.k8s.io/persistentvolumeclaims": ONE,
            },
        ),
        ("Service", obj("Service", "a", {}), {"count/services": ONE, "services": ONE}),
        (
            "Service",
            obj("Service", "a", {"type": "NodePort", "ports": [{}, {}]}),
            {"count/services": ONE, "services": ONE, "services.nodeports": Decimal(2)},
        ),
        (
            "Service",
            obj("Service", "a", {"type": "LoadBalancer", "ports": [{}]}),
            {
                "count/services": ONE,
                "services": ONE,
                "services.nodeports": ONE,
                "services.loadbalancers": ONE,
            },
        ),
        (
            "Service",
            obj("Service", "a", {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False}),
            {"count/services": ONE, "services": ONE, "services.loadbalancers": ONE},
        ),
    ],
)
def test_what_an_object_uses(kind, made, amounts):
    assert usage(KIND[kind], made) == amounts


def quota(**spec: Any) -> Object:
    return obj("ResourceQuota", "q", spec)


def by_class(operator: str, *values: str) -> Object:
    scope = {"scopeName": "PriorityClass", "operator": operator}
    return {"matchExpressions": [{**scope, **({"values": list(values)} if values else {})}]}


TERM = {"topologyKey": "x", "namespaces": ["other"]}
WANTED = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [TERM]}}
WISHED: Object = {
    "podAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {"podAffinityTerm": {"namespaceSelector": {}}}
        ]
    }
}


@pytest.mark.parametrize(
    ("spec", "made", "counts"),
    [
        ({}, pod("a"), True),
        ({"scopes": ["Terminating"]}, pod("a", activeDeadlineSeconds=0), True),
        ({"scopes": ["Terminating"]}, pod("a"), False),
        ({"scopes": ["NotTerminating"]}, pod("a"), True),
        ({"scopes": ["NotTerminating"]}, pod("a", activeDeadlineSeconds=3), False),
        ({"scopes": ["BestEffort"]}, pod("a"), True),
        ({"scopes": ["BestEffort"]}, pod("a", containers=[ASKS]), False),
        ({"scopes": ["BestEffort"]}, pod("a", containers=[container(limits={"cpu": 1})]), False),
        ({"scopes": ["NotBestEffort"]}, pod("a", containers=[ASKS]), True),
        ({"scopes": ["NotBestEffort"]}, pod("a"), False),
        ({"scopes": ["BestEffort", "Terminating"]}, pod("a"), False),
        ({"scopes": ["PriorityClass"]}, pod("a", priorityClassName="high"), True),
        ({"scopes": ["PriorityClass"]}, pod("a"), False),
        ({"scopeSelector": by_class("In", "high")}, pod("a", priorityClassName="high"), True),
        ({"scopeSelector": by_class("In", "low")}, pod("a", priorityClassName="high"), False),
        ({"scopeSelector": by_class("DoesNotExist")}, pod("a"), True),
        ({"scopes": ["CrossNamespacePodAffinity"]}, pod("a", affinity=WANTED), True),
        ({"scopes": ["CrossNamespacePodAffinity"]}, pod("a", affinity=WISHED), True),
        ({"scopes": ["CrossNamespacePodAffinity"]}, pod("a"), False),
    ],
)
def test_which_pods_a_quota_counts(spec, made, counts):
    assert selects(quota(**spec), KIND["Pod"], made) == counts
    assert selects(quota(**spec), KIND["ConfigMap"], obj("ConfigMap", "a")) == (spec == {})


def test_what_is_used_of_a_quota():
    names = ("pods", "count/deployments.apps", "requests.cpu", "services", "requests.storage")
    asked = quota(hard=dict.fromkeys(names, "9"))
    store = store_of(
        pod("a", containers=[ASKS]),
        pod("b", containers=[ASKS, ASKS]),
        {**pod("c", containers=[ASKS]), "status": {"phase": "Failed"}},
        namespace("other"),
        pod("d", namespace="other", containers=[ASKS]),
        obj("Service", "s", {}),
        claim("1Gi"),
        obj("Deployment", "d", {}, "apps/v1"),
    )
    assert used(store, asked) == {
        "pods": Decimal(2),
        "count/deployments.apps": ONE,
        "requests.cpu": Decimal("1.5"),
        "services": ONE,
        "requests.storage": GIB,
    }


def over(hard: Object, made: Object, *others: Object, old: Object | None = None) -> str:
    try:
        check(store_of(quota(hard=hard), *others), made, old)
    except ApiError as error:
        return error.message.partition("is forbidden: ")[2]
    return ""


@pytest.mark.parametrize(
    ("hard", "made", "said"),
    [
        ({"pods": "2"}, pod("b"), ""),
        (
            {"pods": "1"},
            pod("b"),
            "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1",
        ),
        (
            {"requests.cpu": "900m", "pods": "9"},
            pod("b", containers=[ASKS]),
            "exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=500m, "
            "limited: requests.cpu=900m",
        ),
        ({"requests.cpu": "1"}, pod("b", containers=[ASKS]), ""),
        (
            {"limits.memory": "1Gi", "cpu": "9"},
            pod("b", containers=[container("x"), ASKS], initContainers=[container("y")]),
            "failed quota: q: must specify cpu for: x,y; limits.memory for: x,main,y",
        ),
        ({"services": "0"}, pod("b"), ""),
    ],
)
def test_what_goes_over_a_quota(hard, made, said):
    assert over(hard, made, pod("a", containers=[ASKS])) == said


def test_only_what_is_more_than_before_counts():
    made = claim("2Gi")
    assert over({"requests.storage": "1Gi"}, made, claim("2Gi"), old=claim("2Gi")) == ""
    assert over({"requests.storage": "1Gi"}, claim("3Gi"), claim("2Gi"), old=claim("2Gi")) == (
        "exceeded quota: q, requested: requests.storage=1Gi, used: requests.storage=2Gi, "
        "limited: requests.storage=1Gi"
    )
    assert over({"requests.storage": "3Gi"}, claim("3Gi"), claim("2Gi"), old=claim("2Gi")) == ""


def test_what_one_container_leaves_open_does_not_hide_the_rest_of_the_pod():
    """Of limits that only some containers have, none counts; of the others all do."""
    mains = [
        container("a", limits={"memory": "1Gi", "cpu": "1", "ephemeral-storage": "2Gi"}),
        container("b", limits={"ephemeral-storage": "2Gi"}),
    ]
    for name in ("cpu", "memory"):
        said = denied({"type": "Pod", "max": {name: "4"}}, pod("box", containers=mains))
        assert said == f"maximum {name} usage per Pod is 4.  No limit is specified"
    most = {"type": "Pod", "max": {"ephemeral-storage": "3Gi"}}
    said = denied(most, pod("box", containers=mains))
    assert said == "maximum ephemeral-storage usage per Pod is 3Gi, but limit is 4294967296"


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        (("2Gi", "2Gi"), "4294967296"),
        (("1000Mi", "1000Mi"), "2097152k"),
        (("1500M", "1500M"), "3G"),
        (("1", "1"), "2"),
        (("500", "500"), "1k"),
    ],
)
def test_a_sum_has_a_decimal_form(parts, shown):
    mains = [
        container(name, limits={"memory": size}) for name, size in zip("ab", parts, strict=True)
    ]
    said = denied({"type": "Pod", "max": {"memory": "1"}}, pod("box", containers=mains))
    assert said == f"maximum memory usage per Pod is 1, but limit is {shown}"
