"""ValidatingAdmissionPolicies and their bindings."""

from __future__ import annotations

from collections.abc import Iterator

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.schemas import expressions
from owlab.pocket.kube.schemas.expressions import ExpressionError
from owlab.pocket.kube.validation.causes import Causes, unsupported, wrong

_ACTIONS = ("Audit", "Deny", "Warn")
_FAILURES = ("Fail", "Ignore")
_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")


def policy(obj: Object) -> Causes:
    """A ValidatingAdmissionPolicy, whose expressions can be read."""
    spec = obj.get("spec") or {}
    causes: Causes = []
    match = spec.get("matchConstraints")
    if match is None:
        causes.append(("spec.matchConstraints", "Required value"))
    elif not match.get("resourceRules"):
        causes.append(("spec.matchConstraints.resourceRules", "Required value"))
    for index, rule in enumerate((match or {}).get("resourceRules") or []):
        place = f"spec.matchConstraints.resourceRules[{index}]"
        for field in ("apiGroups", "apiVersions", "resources", "operations"):
            if not rule.get(field):
                causes.append((f"{place}.{field}", "Required value"))
        for number, operation in enumerate(rule.get("operations") or []):
            if operation not in _OPERATIONS:
                said = unsupported(operation, _OPERATIONS)
                causes.append((f"{place}.operations[{number}]", said))
    if not spec.get("validations") and not spec.get("auditAnnotations"):
        said = "Required value: validations or auditAnnotations must contain at least one item"
        causes.append(("spec.validations", said))
    if (failure := spec.get("failurePolicy", "Fail")) not in _FAILURES:
        causes.append(("spec.failurePolicy", unsupported(failure, _FAILURES)))
    for field in ("matchConditions", "variables", "validations"):
        result = "" if field == "variables" else "BOOL"
        for index, entry in enumerate(spec.get(field) or []):
            place = f"spec.{field}[{index}]"
            if field != "validations" and not entry.get("name"):
                causes.append((f"{place}.name", "Required value"))
            causes += _expression(entry.get("expression"), f"{place}.expression", result)
            if entry.get("messageExpression"):
                at = f"{place}.messageExpression"
                causes += _expression(entry["messageExpression"], at, "STRING")
    return causes


def unasked(obj: Object) -> Iterator[str]:
    """Warnings of requests for which the pocket lab does not ask a policy."""
    match = (obj.get("spec") or {}).get("matchConstraints") or {}
    for index, rule in enumerate(match.get("resourceRules") or []):
        place = f"spec.matchConstraints.resourceRules[{index}]"
        other = sorted({"DELETE", "CONNECT"} & set(rule.get("operations") or []))
        if other:
            said = "the pocket lab asks policies about CREATE and UPDATE only"
            yield f"{place}.operations: {said}, not about {' and '.join(other)}"
        if any("/" in str(name) and name != "*/*" for name in rule.get("resources") or []):
            yield f"{place}.resources: the pocket lab asks no policy about subresources"


def _expression(text: str | None, place: str, result: str) -> Causes:
    if not text or not text.strip():
        return [(place, "Required value: expression is not specified")]
    try:
        expressions.check(text, expressions.IN_POLICIES, result)
    except ExpressionError as error:
        return [(place, wrong(text, str(error)))]
    return []


def binding(obj: Object) -> Causes:
    """A ValidatingAdmissionPolicyBinding."""
    spec = obj.get("spec") or {}
    causes: Causes = []
    if not spec.get("policyName"):
        causes.append(("spec.policyName", "Required value"))
    actions = spec.get("validationActions") or []
    if not actions:
        causes.append(("spec.validationActions", "Required value"))
    for index, action in enumerate(actions):
        if action not in _ACTIONS:
            causes.append((f"spec.validationActions[{index}]", unsupported(action, _ACTIONS)))
    if {"Deny", "Warn"} <= set(actions):
        said = (
            "must not contain both Deny and Warn (repeating the same validation failure "
            "information in the API response and headers serves no purpose)"
        )
        causes.append(("spec.validationActions", wrong(actions, said)))
    return causes
