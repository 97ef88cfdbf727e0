"""What makes pods: its selector, its template, its numbers."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.cron import Schedule
from owlab.pocket.kube.validation.causes import Causes, at, shown, unsupported, wrong
from owlab.pocket.kube.validation.names import labels
from owlab.pocket.kube.validation.pods import pod_spec

_NOT_NEGATIVE = "must be greater than or equal to 0"


def deployment(obj: Object) -> Causes:
    """A Deployment."""
    spec = obj.get("spec") or {}
    numbers = ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    causes = [*_numbers(spec, *numbers), *_selecting(spec, "deployment")]
    strategy = at(spec, "strategy", "type") or "RollingUpdate"
    if strategy not in ("Recreate", "RollingUpdate"):
        said = unsupported(strategy, ("Recreate", "RollingUpdate"))
        causes.append(("spec.strategy.type", said))
    elif strategy == "Recreate" and at(spec, "strategy", "rollingUpdate"):
        said = "Forbidden: may not be specified when strategy `type` is 'Recreate'"
        causes.append(("spec.strategy.rollingUpdate", said))
    return causes


def replica_set(obj: Object) -> Causes:
    """A ReplicaSet."""
    return _replicas(obj, "deployment")


def stateful_set(obj: Object) -> Causes:
    """A StatefulSet."""
    return _replicas(obj, "statefulset")


def daemon_set(obj: Object) -> Causes:
    """A DaemonSet."""
    return _selecting(obj.get("spec") or {}, "daemonset")


def replication_controller(obj: Object) -> Causes:
    """A ReplicationController, whose selector is a plain map."""
    spec = obj.get("spec") or {}
    causes = _numbers(spec, "replicas")
    if not spec.get("template"):
        return [*causes, ("spec.template", "Required value")]
    return [*causes, *_template(spec)]


def job(obj: Object) -> Causes:
    """A Job."""
    return _job(obj.get("spec") or {}, "spec")


def cron_job(obj: Object) -> Causes:
    """A CronJob."""
    spec = obj.get("spec") or {}
    causes: Causes = []
    schedule = spec.get("schedule")
    if not schedule:
        causes.append(("spec.schedule", "Required value"))
    else:
        causes += _schedule(schedule, spec.get("timeZone") or "")
    allowed = ("Allow", "Forbid", "Replace")
    if (policy := spec.get("concurrencyPolicy", "Allow")) not in allowed:
        causes.append(("spec.concurrencyPolicy", unsupported(policy, allowed)))
    return [*causes, *_job(at(spec, "jobTemplate", "spec") or {}, "spec.jobTemplate.spec")]


def _schedule(schedule: str, zone: str) -> Causes:
    try:
        Schedule(schedule)
    except ValueError as error:
        return [("spec.schedule", wrong(schedule, str(error)))]
    try:
        Schedule(schedule, zone)
    except ValueError as error:
        return [("spec.timeZone", wrong(zone, str(error)))]
    return []


def autoscaler(obj: Object) -> Causes:
    """A HorizontalPodAutoscaler."""
    spec = obj.get("spec") or {}
    causes = [
        (f"spec.scaleTargetRef.{name}", "Required value")
        for name in ("kind", "name")
        if not at(spec, "scaleTargetRef", name)
    ]
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas") or 0
    if least < 1:
        causes.append(("spec.minReplicas", wrong(least, "must be greater than or equal to 1")))
    if most < 1:
        causes.append(("spec.maxReplicas", wrong(most, "must be greater than 0")))
    if most < least:
        said = "must be greater than or equal to `minReplicas`"
        causes.append(("spec.maxReplicas", wrong(most, said)))
    for index, metric in enumerate(spec.get("metrics") or []):
        place, kind = f"spec.metrics[{index}]", metric.get("type") or ""
        field = kind[:1].lower() + kind[1:]
        if kind not in _METRICS:
            causes.append((f"{place}.type", unsupported(kind, _METRICS)))
        elif not metric.get(field):
            said = "Required value: must populate information for the given metric source"
            causes.append((f"{place}.{field}", said))
        elif not at(metric, field, "name") and not at(metric, field, "metric", "name"):
            name = "name" if "Resource" in kind else "metric.name"
            causes.append((f"{place}.{field}.{name}", "Required value"))
    for direction in ("scaleUp", "scaleDown"):
        causes += _scaling(at(spec, "behavior", direction), f"spec.behavior.{direction}")
    return causes


def _scaling(rules: Object | None, place: str) -> Causes:
    """How fast an autoscaler may go in one direction."""
    rules = rules or {}
    causes: Causes = []
    window = rules.get("stabilizationWindowSeconds")
    if window is not None and not 0 <= window <= _LONGEST_WINDOW:
        said = _NOT_NEGATIVE if window < 0 else f"must be less than or equal to {_LONGEST_WINDOW}"
        causes.append((f"{place}.stabilizationWindowSeconds", wrong(window, said)))
    chosen = rules.get("selectPolicy")
    if chosen is not None and chosen not in _CHOICES:
        causes.append((f"{place}.selectPolicy", unsupported(chosen, _CHOICES)))
    if rules.get("policies") == []:
        causes.append((f"{place}.policies", "Required value: must specify at least one Policy"))
    for index, policy in enumerate(rules.get("policies") or []):
        at_ = f"{place}.policies[{index}]"
        if policy.get("type") not in _POLICIES:
            causes.append((f"{at_}.type", unsupported(policy.get("type") or "", _POLICIES)))
        for name, most in (("value", None), ("periodSeconds", _LONGEST_PERIOD)):
            number = policy.get(name) or 0
            if number <= 0:
                causes.append((f"{at_}.{name}", wrong(number, "must be greater than zero")))
            elif most is not None and number > most:
                said = f"must be less than or equal to {most}"
                causes.append((f"{at_}.{name}", wrong(number, said)))
    return causes


_CHOICES = ("Disabled", "Max", "Min")
_POLICIES = ("Percent", "Pods")
_LONGEST_WINDOW, _LONGEST_PERIOD = 3600, 1800
_METRICS = ("ContainerResource", "External", "Object", "Pods", "Resource")


def disruption_budget(obj: Object) -> Causes:
    """A PodDisruptionBudget."""
    spec = obj.get("spec") or {}
    if "minAvailable" in spec and "maxUnavailable" in spec:
        return [("spec", wrong(spec, "minAvailable and maxUnavailable cannot be both set"))]
    return []


def _replicas(obj: Object, what: str) -> Causes:
    spec = obj.get("spec") or {}
    return [*_numbers(spec, "replicas", "minReadySeconds"), *_selecting(spec, what)]


def _job(spec: Object, field: str) -> Causes:
    template = at(spec, "template", "spec") or {}
    numbers = ("parallelism", "completions", "backoffLimit", "ttlSecondsAfterFinished")
    causes = _numbers(spec, *numbers, field=field)
    causes += pod_spec(template, f"{field}.template.spec")
    if template.get("restartPolicy") not in ("Never", "OnFailure"):
        said = 'Required value: valid values: "OnFailure", "Never"'
        causes.append((f"{field}.template.spec.restartPolicy", said))
    return causes


def _numbers(spec: Object, *names: str, field: str = "spec") -> Causes:
    return [
        (f"{field}.{name}", wrong(spec[name], _NOT_NEGATIVE))
        for name in names
        if isinstance(spec.get(name), int) and spec[name] < 0
    ]


def _selecting(spec: Object, what: str) -> Causes:
    causes: Causes = []
    selector = spec.get("selector")
    found = at(spec, "template", "metadata", "labels") or {}
    if selector is None:
        causes.append(("spec.selector", "Required value"))
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        said = wrong(selector, f"empty selector is invalid for {what}")
        causes.append(("spec.selector", said))
    if selector != {} and not selectors.from_object(selector)(found):
        said = f"Invalid value: {shown(found)}: `selector` does not match template `labels`"
        causes.append(("spec.template.metadata.labels", said))
    return [*causes, *_template(spec)]


def _template(spec: Object) -> Causes:
    template = at(spec, "template", "spec") or {}
    causes = labels(at(spec, "template", "metadata", "labels") or {}, "spec.template.labels")
    claims = [at(claim, "metadata", "name") for claim in spec.get("volumeClaimTemplates") or []]
    causes += pod_spec(template, "spec.template.spec", claims)
    policy = template.get("restartPolicy", "Always")
    if policy in ("Never", "OnFailure"):
        said = unsupported(policy, ("Always",))
        causes.append(("spec.template.spec.restartPolicy", said))
    return causes
