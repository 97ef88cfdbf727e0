"""HorizontalPodAutoscalers in a cluster without metrics: they keep to their limits."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.errors import NotFound
from owlab.pocket.kube.scaling import with_scale
from owlab.pocket.kube.store import Change, Key, copied

_UNABLE = "the HPA was unable to compute the replica count"


class Autoscalers(Controller):
    """Moves what is outside an autoscaler's limits into them, and tells that metrics are missing.

    Real ones look every 15 seconds; here a change is what makes them look.
    """

    def watches(self) -> Mapping[str, Leads]:
        targets = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")
        return {
            "HorizontalPodAutoscaler": itself,
            **dict.fromkeys(targets, self._of_target),
        }

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
        status["observedGeneration"] = scaler["metadata"].get("generation", 1)
        # What goes wrong again and again is told when it is new.
        if status.get("conditions") != before:
            self._warn(scaler, status["conditions"], before)
        self.store.set_status(scaler, status)

    def _target(self, scaler: Object) -> Object:
        wanted = scaler["spec"]["scaleTargetRef"]
        group = wanted.get("apiVersion", "").rpartition("/")[0]
        kind = self.store.registry.in_group(group, wanted["kind"])
        if kind is None:
            raise NotFound(f'no matches for kind "{wanted["kind"]}" in group "{group}"')
        found = None
        if "scale" in kind.subresources:
            namespace = scaler["metadata"]["namespace"]
            found = self.store.find(kind, wanted["name"], namespace)
        if found is None:
            resource = f"{kind.plural}/scale" + (f".{group}" if group else "")
            raise NotFound(f'{resource} "{wanted["name"]}" not found')
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
            status.setdefault("desiredReplicas", 0)
            reason, problem = _missing(spec["metrics"][0])
            self._condition(status, "ScalingActive", False, reason, f"{_UNABLE}: {problem}")

    def _rescale(
        self, scaler: Object, status: Object, target: Object, size: int, reason: str
    ) -> None:
        kind = self.store.registry.of(target)
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
        conditions = status.setdefault("conditions", [])
        wanted = {
            "type": kind,
            "status": str(value),
            "reason": reason,
            "message": said,
            "lastTransitionTime": self.clock.timestamp(),
        }
        for index, condition in enumerate(conditions):
            if condition["type"] == kind:
                if condition["status"] == wanted["status"]:
                    wanted["lastTransitionTime"] = condition["lastTransitionTime"]
                conditions[index] = wanted
                return
        conditions.append(wanted)


def _missing(metric: Object) -> tuple[str, str]:
    """The reason and the error of a metric that nobody serves."""
    kind = metric["type"]
    if kind in ("Resource", "ContainerResource"):
        name = metric[kind[0].lower() + kind[1:]]["name"]
        return f"FailedGet{kind}Metric", (
            f"failed to get {name} utilization: unable to get metrics for resource {name}: "
            "unable to fetch metrics from resource metrics API: "
            "the server could not find the requested resource (get pods.metrics.k8s.io)"
        )
    name = metric[kind.lower()]["metric"]["name"]
    served = "external" if kind == "External" else "custom"
    return f"FailedGet{kind}Metric", (
        f"unable to get metric {name}: unable to fetch metrics from {served} metrics API: "
        f"no {served} metrics API ({served}.metrics.k8s.io) registered"
    )


def _named(metric: Object) -> str:
    kind = metric["type"]
    if kind == "Resource":
        return f"{metric['resource']['name']} resource"
    if kind == "ContainerResource":
        return f"{metric['containerResource']['name']} container"
    return str(kind).lower()
