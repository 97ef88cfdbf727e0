"""HorizontalPodAutoscalers: they keep to their limits, and follow the lab's simulated metrics."""

from __future__ import annotations

import time
from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import with_condition
from owlab.pocket.kube.controllers import scaling_behavior
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.controllers.replicas import selector_of
from owlab.pocket.kube.controllers.scaling_behavior import Resizing
from owlab.pocket.kube.errors import NotFound
from owlab.pocket.kube.metrics import MetricTarget, NotMeasured, wanted
from owlab.pocket.kube.object_state import is_ready
from owlab.pocket.kube.scaling import with_scale
from owlab.pocket.kube.store import Change, Key, copied

_STABLE_SECONDS = 300
_REMEMBERED = 100
_UNABLE = "the HPA was unable to compute the replica count"


class Autoscalers(Controller):
    """Moves what is outside an autoscaler's limits into them, and what its metrics ask for.

    Real ones look every 15 seconds; here a change is what makes them look.
    """

    def __init__(self, plane: ControlPlane) -> None:
        super().__init__(plane)
        self._wanted: dict[Key, list[tuple[float, int]]] = {}
        """When each autoscaler wanted how many."""
        self._steps: dict[Key, list[Resizing]] = {}
        """What each autoscaler has changed lately."""

    def watches(self) -> Mapping[str, Leads]:
        targets = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")
        return {
            "HorizontalPodAutoscaler": itself,
            "Pod": self._of_pod,
            **dict.fromkeys(targets, self._of_target),
        }

    def _of_pod(self, change: Change) -> list[Key]:
        """One that has more or less to do, or that measures; others change their workload too."""
        if change.old is None:
            return []
        measures = change.key.namespace == "kube-system"
        if measures and is_ready(change.obj) != is_ready(change.old):
            scalers = self.store.list("HorizontalPodAutoscaler")
        elif _annotations(change.obj) != _annotations(change.old):
            scalers = self.store.list("HorizontalPodAutoscaler", change.key.namespace)
        else:
            return []
        return [self.store.key_of(scaler) for scaler in scalers]

    def _of_target(self, change: Change) -> list[Key]:
        return [
            self.store.key_of(scaler)
            for scaler in self.store.list("HorizontalPodAutoscaler", change.key.namespace)
            if scaler["spec"]["scaleTargetRef"]["name"] == change.key.name
        ]

    def reconcile(self, key: Key) -> None:
        scaler = self.store.at(key)
        if scaler is None or scaler["metadata"].get("deletionTimestamp"):
            return
        status = copied(scaler.get("status") or {})
        before = copied(status.get("conditions") or [])
        try:
            target = self._target(scaler)
        except NotFound as error:
            self._unscalable(scaler, status, error.message)
        else:
            self._scale(scaler, status, target)
        status["observedGeneration"] = scaler["metadata"]["generation"]
        # What goes wrong again and again is told when it is new.
        if status.get("conditions") != before:
            self._warn(scaler, status["conditions"], before)
        self.store.set_status(scaler, status)

    def _target(self, scaler: Object) -> Object:
        goal = scaler["spec"]["scaleTargetRef"]
        group = goal.get("apiVersion", "").rpartition("/")[0]
        kind = self.store.registry.in_group(group, goal["kind"])
        if kind is None:
            raise NotFound(f'no matches for kind "{goal["kind"]}" in group "{group}"')
        found = None
        if "scale" in kind.subresources:
            namespace = scaler["metadata"]["namespace"]
            found = self.store.find(kind, goal["name"], namespace)
        if found is None:
            resource = f"{kind.plural}/scale" + (f".{group}" if group else "")
            raise NotFound(f'{resource} "{goal["name"]}" not found')
        return found

    def _unscalable(self, scaler: Object, status: Object, why: str) -> None:
        said = f"the HPA controller was unable to get the target's current scale: {why}"
        self._condition(status, "AbleToScale", False, "FailedGetScale", said)

    def _scale(self, scaler: Object, status: Object, target: Object) -> None:
        spec = scaler["spec"]
        least, most = spec.get("minReplicas", 1), spec["maxReplicas"]
        now = target["spec"].get("replicas", 1)
        status["currentReplicas"] = now
        said = "the HPA controller was able to get the target's current scale"
        self._condition(status, "AbleToScale", True, "SucceededGetScale", said)
        if now == 0 and least != 0:
            said = "scaling is disabled since the replica count of the target is zero"
            self._condition(status, "ScalingActive", False, "ScalingDisabled", said)
            status["desiredReplicas"] = 0
        elif now > most:
            reason = "Current number of replicas above Spec.MaxReplicas"
            self._rescale(scaler, status, target, most, reason)
        elif now < least:
            reason = "Current number of replicas below Spec.MinReplicas"
            self._rescale(scaler, status, target, least, reason)
        elif spec.get("metrics"):
            self._measure(scaler, status, target, now)

    def _measure(self, scaler: Object, status: Object, target: Object, now: int) -> None:
        """Ask every metric how many it wants; the one that wants most has its way."""
        found: list[MetricTarget] = []
        problems: list[NotMeasured] = []
        for metric in scaler["spec"]["metrics"]:
            try:
                found.append(wanted(self.store, metric, self._pods(target), now))
            except NotMeasured as error:
                problems.append(error)
        best = max(found, key=lambda one: one.replicas, default=None)
        # With one metric missing the others may make it larger, and not smaller.
        if best is None or (problems and best.replicas < now):
            status.setdefault("desiredReplicas", 0)
            status.pop("currentMetrics", None)
            first = problems[0]
            said = f"{_UNABLE}: {first.message}"
            self._condition(status, "ScalingActive", False, first.reason, said)
            return
        status["currentMetrics"] = [one.current for one in found]
        said = f"the HPA was able to successfully calculate a replica count from {best.title}"
        self._condition(status, "ScalingActive", True, "ValidMetricFound", said)
        size = self._bounded(
            scaler, status, self._stabilized(scaler, status, best.replicas, now), now
        )
        if size == now:
            status["desiredReplicas"] = size
            return
        above = f"{best.title} above target"
        self._rescale(
            scaler, status, target, size, above if size > now else "All metrics below target"
        )

    def _pods(self, target: Object) -> list[Object]:
        matches = selector_of(target)
        space = target["metadata"]["namespace"]
        pods = self.store.list("Pod", space)
        return [pod for pod in pods if matches(pod["metadata"].get("labels") or {})]

    def _stabilized(self, scaler: Object, status: Object, size: int, now: int) -> int:
        """What was wanted in the last five minutes counts too, so that nothing flaps."""
        key = self.store.key_of(scaler)
        behavior = scaler["spec"].get("behavior")
        present = time.monotonic()
        if behavior:
            return self._behaved(key, status, behavior, size, now, present)
        window = self.clock.scaled(_STABLE_SECONDS)
        recent = [(t, n) for t, n in self._wanted.get(key, ()) if present - t < window]
        self._wanted[key] = recent = [*recent, (present, size)][-_REMEMBERED:]
        most = max(n for _, n in recent)
        stable = min(max(most, size), max(now, size))
        if stable > size:
            said = (
                "recent recommendations were higher than current one, applying the highest recent "
                "recommendation"
            )
            self._condition(status, "AbleToScale", True, "ScaleDownStabilized", said)
            oldest = max(t for t, n in recent if n > size)
            self.look(key, max(oldest + window - present, 0.0) + 0.05)
        else:
            said = "recommended size matches current size"
            self._condition(status, "AbleToScale", True, "ReadyForNewScale", said)
        return stable

    def _behaved(
        self, key: Key, status: Object, behavior: Object, size: int, now: int, present: float
    ) -> int:
        """The same by the windows that the autoscaler's own behavior names."""
        recent = [*self._wanted.get(key, ()), (present, size)][-_REMEMBERED:]
        self._wanted[key] = recent
        stable = scaling_behavior.stable(behavior, size, now, recent, present, self.clock.scaled)
        if stable == size:
            said = "recommended size matches current size"
            self._condition(status, "AbleToScale", True, "ReadyForNewScale", said)
            return stable
        down = size < stable
        more, most = ("higher", "highest") if down else ("lower", "lowest")
        said = (
            f"recent recommendations were {more} than current one, applying the {most} recent "
            "recommendation"
        )
        reason = "ScaleDownStabilized" if down else "ScaleUpStabilized"
        self._condition(status, "AbleToScale", True, reason, said)
        direction = scaling_behavior.DOWN if down else scaling_behavior.UP
        seconds = scaling_behavior.rules(behavior, direction)["stabilizationWindowSeconds"]
        self.look(key, self.clock.scaled(float(seconds)) + 0.05)
        return stable

    def _limited(self, scaler: Object, status: Object, size: int, now: int) -> int:
        """As fast as the policies of the autoscaler's own behavior let it go, and no further."""
        spec, up = scaler["spec"], size > now
        direction = scaling_behavior.UP if up else scaling_behavior.DOWN
        key, present = self.store.key_of(scaler), time.monotonic()
        allowed = scaling_behavior.bound(
            *(spec["behavior"], direction, now, self._steps.get(key, ())),
            *(present, self.clock.scaled),
        )
        allowed = max(allowed, now) if up else min(allowed, now)
        end = int(spec["maxReplicas"] if up else spec.get("minReplicas", 1))
        if size == now or (size <= min(allowed, end) if up else size >= max(allowed, end)):
            return self._in_range(status, size)
        if allowed >= end if up else allowed <= end:
            return self._at_end(status, end, up=up)
        self._too_fast(status, up=up)
        policies = scaling_behavior.rules(spec["behavior"], direction)["policies"]
        soonest = min(float(policy["periodSeconds"]) for policy in policies)
        self.look(key, self.clock.scaled(soonest) + 0.05)
        return allowed

    def _bounded(self, scaler: Object, status: Object, size: int, now: int) -> int:
        spec = scaler["spec"]
        if spec.get("behavior"):
            return self._limited(scaler, status, size, now)
        least, most = int(spec.get("minReplicas", 1)), int(spec["maxReplicas"])
        # Without a behavior of its own an autoscaler at most doubles.
        fast = max(2 * now, 4)
        if size > fast and fast < most:
            self._too_fast(status, up=True)
            return fast
        if size > most or size < least:
            return self._at_end(status, most if size > most else least, up=size > most)
        return self._in_range(status, size)

    def _in_range(self, status: Object, size: int) -> int:
        said = "the desired count is within the acceptable range"
        self._condition(status, "ScalingLimited", False, "DesiredWithinRange", said)
        return size

    def _at_end(self, status: Object, end: int, *, up: bool) -> int:
        reason, more, most = (
            ("TooManyReplicas", "more", "maximum") if up else ("TooFewReplicas", "less", "minimum")
        )
        said = f"the desired replica count is {more} than the {most} replica count"
        self._condition(status, "ScalingLimited", True, reason, said)
        return end

    def _too_fast(self, status: Object, *, up: bool) -> None:
        reason, way = ("ScaleUpLimit", "increasing") if up else ("ScaleDownLimit", "decreasing")
        said = f"the desired replica count is {way} faster than the maximum scale rate"
        self._condition(status, "ScalingLimited", True, reason, said)

    def _rescale(
        self, scaler: Object, status: Object, target: Object, size: int, reason: str
    ) -> None:
        kind = self.store.registry.of(target)
        key, now = self.store.key_of(scaler), int(target["spec"].get("replicas", 1))
        step = Resizing(time.monotonic(), size - now)
        self._steps[key] = [*self._steps.get(key, ()), step][-_REMEMBERED:]
        self.store.update(with_scale(kind, target, {"spec": {"replicas": size}}))
        said = f"the HPA controller was able to update the target scale to {size}"
        self._condition(status, "AbleToScale", True, "SucceededRescale", said)
        status["desiredReplicas"] = size
        status["lastScaleTime"] = self.clock.timestamp()
        self._record(scaler, "Normal", "SuccessfulRescale", f"New size: {size}; reason: {reason}")

    def _warn(self, scaler: Object, conditions: list[Object], before: list[Object]) -> None:
        for condition in conditions:
            reason, (_, _, problem) = condition["reason"], condition["message"].partition(": ")
            if condition in before or not problem:
                continue
            self._record(scaler, "Warning", reason, problem)
            if condition["type"] == "ScalingActive":
                metrics = scaler["spec"]["metrics"]
                self._record(
                    scaler,
                    "Warning",
                    "FailedComputeMetricsReplicas",
                    f"invalid metrics ({len(metrics)} invalid out of {len(metrics)}), first error "
                    f"is: failed to get {_named(metrics[0])} metric value: {problem}",
                )

    def _record(self, scaler: Object, kind: str, reason: str, message: str) -> None:
        self.recorder.record(scaler, kind, reason, message, "horizontal-pod-autoscaler")

    def _condition(self, status: Object, kind: str, value: bool, reason: str, said: str) -> None:
        now = self.clock.timestamp()
        status.update(with_condition(status, kind, str(value), now, reason, said))


def _annotations(obj: Object) -> Object:
    found: Object = obj["metadata"].get("annotations") or {}
    return found


def _named(metric: Object) -> str:
    kind = metric["type"]
    if kind == "Resource":
        return f"{metric['resource']['name']} resource"
    if kind == "ContainerResource":
        return f"{metric['containerResource']['name']} container"
    return str(kind).lower()
