"""One look of a HorizontalPodAutoscaler at objects at rest: how many it wants, and what it says."""

from __future__ import annotations

from typing import Any, cast

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.autoscalers import Autoscalers
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.store import Key, Store
from owlab.pocket.machines.views import DiskFleet

from ..controllers.plain_store import obj, store_of
from .test_scaling_and_metrics import RUNNING, SERVER, asks, busy, metric


class Looks(Autoscalers):
    """Remembers what it would look at later."""

    def __init__(self, plane: ControlPlane) -> None:
        super().__init__(plane)
        self.later: list[float] = []

    def look(self, key: Key, seconds: float = 0.0) -> None:
        self.later.append(seconds)


class Scene:
    """A Deployment with its pods, and an autoscaler of it."""

    def __init__(self, replicas: int = 1, load: str = "", **spec: Any) -> None:
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        pods = [busy(f"web-{n}", load or "1m", **asks("100m")) for n in range(replicas)]
        for one in pods:
            one["metadata"]["labels"] = {"app": "web"}
        selector = {"matchLabels": {"app": "web"}}
        self.store: Store = store_of(
            *SERVER, RUNNING, *pods,
            obj("Deployment", "web", {"replicas": replicas, "selector": selector}, "apps/v1"),
            obj("HorizontalPodAutoscaler", "web",
                {"scaleTargetRef": target, "maxReplicas": 10, **spec}, "autoscaling/v2"),
        )  # fmt: skip
        self.controller = Looks(ControlPlane(self.store, Clock(), cast(DiskFleet, None)))

    def look(self) -> Scene:
        self.controller.reconcile(self.store.key("HorizontalPodAutoscaler", "web", "default"))
        return self

    @property
    def replicas(self) -> int:
        return int(self.store.get("Deployment", "web", "default")["spec"]["replicas"])

    @property
    def status(self) -> Object:
        found: Object = self.store.get("HorizontalPodAutoscaler", "web", "default")["status"]
        return found

    def condition(self, kind: str) -> tuple[str, str]:
        [found] = [c for c in self.status["conditions"] if c["type"] == kind]
        return found["status"], found["reason"]

    def events(self) -> list[str]:
        return [f"{e['reason']}: {e['message']}" for e in self.store.list("Event")]


CPU = [metric()]


@pytest.mark.parametrize(
    ("replicas", "spec", "after", "reason"),
    [
        (1, {"minReplicas": 3}, 3, "Current number of replicas below Spec.MinReplicas"),
        (5, {"maxReplicas": 4}, 4, "Current number of replicas above Spec.MaxReplicas"),
        (3, {"minReplicas": 3}, 3, ""),
        (4, {"maxReplicas": 4}, 4, ""),
        (1, {}, 1, ""),
    ],
)
def test_limits_without_metrics(
    replicas: int, spec: dict[str, Any], after: int, reason: str
) -> None:
    scene = Scene(replicas, **spec).look()
    assert scene.replicas == after
    assert scene.status["currentReplicas"] == replicas
    if reason:
        assert scene.events() == [f"SuccessfulRescale: New size: {after}; reason: {reason}"]
        assert scene.condition("AbleToScale") == ("True", "SucceededRescale")
        assert scene.status["desiredReplicas"] == after and scene.status["lastScaleTime"]
    else:
        assert scene.events() == []
        assert scene.condition("AbleToScale") == ("True", "SucceededGetScale")
        assert "lastScaleTime" not in scene.status
    assert scene.status["observedGeneration"] == 1


def test_nothing_is_made_of_none() -> None:
    scene = Scene(0, metrics=CPU).look()
    assert scene.replicas == 0 and scene.status["desiredReplicas"] == 0
    assert scene.condition("ScalingActive") == ("False", "ScalingDisabled")
    scene = Scene(0, minReplicas=0, metrics=CPU).look()
    assert scene.condition("ScalingActive")[1] != "ScalingDisabled"


@pytest.mark.parametrize(
    ("replicas", "load", "spec", "after", "limited"),
    [
        (2, "99m", {}, 4, ("False", "DesiredWithinRange")),
        (2, "50m", {}, 2, ("False", "DesiredWithinRange")),
        (2, "400m", {}, 4, ("True", "ScaleUpLimit")),
        (1, "900m", {}, 4, ("True", "ScaleUpLimit")),
        (3, "400m", {}, 6, ("True", "ScaleUpLimit")),
        (3, "400m", {"maxReplicas": 5}, 5, ("True", "TooManyReplicas")),
        (3, "400m", {"maxReplicas": 6}, 6, ("True", "TooManyReplicas")),
        (4, "1m", {"minReplicas": 2}, 2, ("True", "TooFewReplicas")),
        (4, "1m", {}, 1, ("False", "DesiredWithinRange")),
        (4, "24m", {}, 2, ("False", "DesiredWithinRange")),
    ],
)
def test_how_many_its_metrics_ask_for(
    replicas: int, load: str, spec: dict[str, Any], after: int, limited: tuple[str, str]
) -> None:
    scene = Scene(replicas, load, metrics=CPU, **spec).look()
    assert scene.replicas == after
    assert scene.condition("ScalingLimited") == limited
    assert scene.condition("ScalingActive") == ("True", "ValidMetricFound")
    assert scene.status["desiredReplicas"] == after
    [current] = scene.status["currentMetrics"]
    assert current["type"] == "Resource"
    said = "cpu resource utilization (percentage of request) above target"
    said = said if after > replicas else "All metrics below target"
    wanted = [f"SuccessfulRescale: New size: {after}; reason: {said}"]
    assert scene.events() == (wanted if after != replicas else [])


def test_the_metric_that_wants_most_has_its_way() -> None:
    small = metric(type="AverageValue", averageValue="1")
    for metrics in ([small, *CPU], [*CPU, small]):
        scene = Scene(2, "99m", metrics=metrics).look()
        assert scene.replicas == 4 and len(scene.status["currentMetrics"]) == 2


MISSING = metric("memory")
"""A share of what no pod asks for."""


def test_a_metric_that_is_missing_makes_nothing_smaller() -> None:
    scene = Scene(2, "99m", metrics=[*CPU, MISSING]).look()
    assert scene.replicas == 4
    scene = Scene(4, "1m", metrics=[*CPU, MISSING]).look()
    assert scene.replicas == 4 and "currentMetrics" not in scene.status
    state, reason = scene.condition("ScalingActive")
    assert (state, reason) == ("False", "FailedGetResourceMetric")


def test_what_goes_wrong_is_told_once() -> None:
    scene = Scene(2, metrics=[MISSING]).look()
    first = scene.events()
    assert [line.partition(":")[0] for line in first] == [
        *("FailedGetResourceMetric", "FailedComputeMetricsReplicas"),
    ]
    assert (
        "invalid metrics (1 invalid out of 1), first error is: failed to get memory resource "
        in (first[1])
    )
    when = [c["lastTransitionTime"] for c in scene.status["conditions"]]
    scene.look()
    assert scene.events() == first
    assert [c["lastTransitionTime"] for c in scene.status["conditions"]] == when


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"},
         'deployments/scale.apps "none" not found'),
        ({"apiVersion": "v1", "kind": "ConfigMap", "name": "web"},
         'configmaps/scale "web" not found'),
        ({"apiVersion": "x.y/v1", "kind": "Crow", "name": "web"},
         'no matches for kind "Crow" in group "x.y"'),
    ],
)  # fmt: skip
def test_what_cannot_be_scaled(target: Object, said: str) -> None:
    scene = Scene(2, metrics=CPU, scaleTargetRef=target).look()
    assert scene.condition("AbleToScale") == ("False", "FailedGetScale")
    assert scene.events() == [f"FailedGetScale: {said}"]


def test_an_autoscaler_that_goes_or_has_gone_does_nothing() -> None:
    scene = Scene(1, minReplicas=3)
    made = scene.store.draft("HorizontalPodAutoscaler", "web", "default")
    made["metadata"]["finalizers"] = ["example.com/x"]
    scene.store.update(made)
    scene.store.delete("HorizontalPodAutoscaler", "web", "default")
    assert scene.look().replicas == 1
    made = scene.store.draft("HorizontalPodAutoscaler", "web", "default")
    made["metadata"]["finalizers"] = []
    scene.store.update(made)
    assert scene.look().replicas == 1


def test_nothing_flaps(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    scene = Scene(2, "99m", metrics=CPU)
    scene.controller.clock = Clock("real")
    assert scene.look().replicas == 4
    for name in ("web-0", "web-1"):
        made = scene.store.draft("Pod", name, "default")
        made["metadata"]["annotations"] = {}
        scene.store.update(made)
    now[0] += 100
    assert scene.look().replicas == 4
    assert scene.condition("AbleToScale") == ("True", "ScaleDownStabilized")
    assert scene.controller.later[-1] == pytest.approx(200.05)
    now[0] += 199
    assert scene.look().replicas == 4
    now[0] += 2
    assert scene.look().replicas == 1


@pytest.mark.parametrize(
    ("behavior", "after", "limited"),
    [
        ({"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}, 3,
         ("True", "ScaleUpLimit")),
        ({"scaleUp": {"selectPolicy": "Disabled"}}, 2, ("True", "ScaleUpLimit")),
        ({"scaleUp": {"policies": [{"type": "Pods", "value": 9, "periodSeconds": 60}]}}, 8,
         ("False", "DesiredWithinRange")),
    ],
)  # fmt: skip
def test_a_behavior_of_its_own(behavior: Object, after: int, limited: tuple[str, str]) -> None:
    scene = Scene(2, "199m", metrics=CPU, behavior=behavior)
    scene.controller.clock = Clock("real")
    scene.look()
    assert (scene.replicas, scene.condition("ScalingLimited")) == (after, limited)
    assert bool(scene.controller.later) is (after != 8)


def loaded(scene: Scene, load: str) -> None:
    """Have the pods take as much CPU from now on."""
    for one in scene.store.list("Pod", "default"):
        draft = scene.store.draft("Pod", one["metadata"]["name"], "default")
        draft["metadata"]["annotations"] |= busy("x", load)["metadata"]["annotations"]
        scene.store.update(draft)


@pytest.mark.parametrize(
    ("direction", "loads", "held", "reason", "after"),
    [
        ("scaleUp", ("50m", "99m"), 2, "ScaleUpStabilized", 4),
        ("scaleDown", ("50m", "24m"), 2, "ScaleDownStabilized", 1),
    ],
)
def test_a_window_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
    direction: str,
    loads: tuple[str, str],
    held: int,
    reason: str,
    after: int,
) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    behavior = {direction: {"stabilizationWindowSeconds": 60}}
    scene = Scene(2, loads[0], metrics=CPU, behavior=behavior)
    scene.controller.clock = Clock("real")
    assert scene.look().condition("AbleToScale") == ("True", "ReadyForNewScale")
    assert scene.controller.later == []
    loaded(scene, loads[1])
    now[0] += 59
    assert scene.look().replicas == held
    assert scene.condition("AbleToScale") == ("True", reason)
    more, most = ("lower", "lowest") if direction == "scaleUp" else ("higher", "highest")
    said = [c["message"] for c in scene.status["conditions"] if c["type"] == "AbleToScale"]
    assert said == [
        f"recent recommendations were {more} than current one, applying the {most} recent "
        "recommendation"
    ]
    assert scene.controller.later == [60.05]
    now[0] += 1
    assert scene.look().replicas == after


@pytest.mark.parametrize(
    ("direction", "load", "after", "reason", "later"),
    [
        ("scaleUp", "199m", 5, "ScaleUpLimit", 15.05),
        ("scaleDown", "1m", 3, "ScaleDownLimit", 15.05),
    ],
)
def test_as_fast_as_its_policies_allow(
    direction: str, load: str, after: int, reason: str, later: float
) -> None:
    policies = [
        {"type": "Pods", "value": 1, "periodSeconds": 60},
        {"type": "Percent", "value": 10, "periodSeconds": 15},
    ]
    behavior = {direction: {"policies": policies, "stabilizationWindowSeconds": 0}}
    scene = Scene(4, load, metrics=CPU, behavior=behavior)
    scene.controller.clock = Clock("real")
    assert scene.look().replicas == after
    assert scene.condition("ScalingLimited") == ("True", reason)
    way = "increasing" if direction == "scaleUp" else "decreasing"
    said = [c["message"] for c in scene.status["conditions"] if c["type"] == "ScalingLimited"]
    assert said == [f"the desired replica count is {way} faster than the maximum scale rate"]
    assert scene.controller.later[-1] == pytest.approx(later)
    # Within the period it has had its step.
    assert scene.look().replicas == after


FAST: Object = {"policies": [{"type": "Pods", "value": 9, "periodSeconds": 15}],
                "stabilizationWindowSeconds": 0}  # fmt: skip


@pytest.mark.parametrize(
    ("load", "spec", "after", "limited"),
    [
        ("199m", {}, 10, ("True", "TooManyReplicas")),
        ("199m", {"maxReplicas": 13}, 13, ("True", "TooManyReplicas")),
        ("199m", {"maxReplicas": 16}, 13, ("True", "ScaleUpLimit")),
        ("99m", {}, 8, ("False", "DesiredWithinRange")),
        ("99m", {"maxReplicas": 8}, 8, ("False", "DesiredWithinRange")),
        ("50m", {}, 4, ("False", "DesiredWithinRange")),
        ("1m", {}, 1, ("False", "DesiredWithinRange")),
        ("1m", {"minReplicas": 2}, 2, ("True", "TooFewReplicas")),
        ("24m", {"minReplicas": 2}, 2, ("False", "DesiredWithinRange")),
    ],
)
def test_no_further_than_its_limits(
    load: str, spec: dict[str, Any], after: int, limited: tuple[str, str]
) -> None:
    behavior = {"scaleUp": FAST, "scaleDown": FAST}
    scene = Scene(4, load, metrics=CPU, behavior=behavior, **spec).look()
    assert (scene.replicas, scene.condition("ScalingLimited")) == (after, limited)
