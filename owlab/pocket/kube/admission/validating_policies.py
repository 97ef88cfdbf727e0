"""ValidatingAdmissionPolicies: what their expressions say of an object that is made or changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.errors import ApiError, NotFound
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.schemas import expressions
from owlab.pocket.kube.schemas.expressions import ExpressionError
from owlab.pocket.kube.store import Store

_CODES = {"Invalid": 422, "Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413}
_CONTROLLER: Object = {
    "username": "system:serviceaccount:kube-system:controller",
    "groups": ["system:serviceaccounts", "system:authenticated"],
}


class PolicyDenied(ApiError):
    """What a policy does not let in, with the reason that the policy gives."""

    def __init__(self, kind: Kind, name: str, said: str, reason: str) -> None:
        details = {
            "name": name,
            **({"group": kind.group} if kind.group else {}),
            "kind": kind.plural,
            "causes": [{"message": said}],
        }
        super().__init__(f'{kind.resource} "{name}" is forbidden: {said}', details)
        self.reason = reason
        self.code = _CODES.get(reason, 422)


def check(store: Store, obj: Object, old: Object | None, user: Object | None) -> list[str]:
    """Raise PolicyDenied for what some policy does not let in; returns warnings."""
    bindings = store.list("ValidatingAdmissionPolicyBinding")
    if not bindings:
        return []
    kind = store.registry.of(obj)
    if kind.group == "admissionregistration.k8s.io":
        return []  # or nobody could mend a policy
    asked = _Asked(store, kind, obj, old, user or _CONTROLLER)
    warnings: list[str] = []
    for binding in bindings:
        spec = binding.get("spec") or {}
        policy = store.find("ValidatingAdmissionPolicy", str(spec.get("policyName")))
        if policy is None or not asked.meets(policy["spec"].get("matchConstraints") or {}):
            continue
        if not asked.meets(spec.get("matchResources") or {}, always=True):
            continue
        for said, reason in _failures(asked, policy, binding):
            actions = spec.get("validationActions") or ["Deny"]
            about = f"ValidatingAdmissionPolicy '{policy['metadata']['name']}' with binding "
            about += f"'{binding['metadata']['name']}'"
            if "Deny" in actions:
                raise PolicyDenied(kind, asked.name, f"{about} denied request: {said}", reason)
            if "Warn" in actions:
                warnings.append(f"Validation failed for {about}: {said}")
    return warnings


class _Asked:
    """One request, as policies see it."""

    def __init__(
        self, store: Store, kind: Kind, obj: Object, old: Object | None, user: Object
    ) -> None:
        self.store, self._kind, self._obj, self._old = store, kind, obj, old
        meta = obj["metadata"]
        self.name = str(meta.get("name") or meta.get("generateName") or "")
        self.namespace = str(meta.get("namespace") or "") if kind.namespaced else ""
        self._space = store.find("Namespace", self.namespace) if self.namespace else None
        self._operation = "CREATE" if old is None else "UPDATE"
        self._user = user

    def data(self) -> dict[str, Any]:
        """What expressions see, before parameters and variables."""
        group = {"group": self._kind.group, "version": self._kind.version}
        return {
            "object": self._obj,
            "oldObject": self._old,
            "namespaceObject": self._space,
            "params": None,
            "variables": {},
            "request": {
                "kind": {**group, "kind": self._kind.kind},
                "resource": {**group, "resource": self._kind.plural},
                "subResource": "",
                "name": self.name,
                "namespace": self.namespace,
                "operation": self._operation,
                "userInfo": self._user,
                "dryRun": False,
            },
        }

    def meets(self, match: Object, always: bool = False) -> bool:
        """Whether a policy is about it; ``always``: where no rules are given, it is."""
        rules = match.get("resourceRules") or []
        if not (always and not rules) and not any(map(self._is, rules)):
            return False
        if any(map(self._is, match.get("excludeResourceRules") or [])):
            return False
        labels = self._obj["metadata"].get("labels") or {}
        if not selectors.from_object(match.get("objectSelector") or {})(labels):
            return False
        space = self._space if self._space is not None else self._obj
        if self._kind.namespaced or self._kind.kind == "Namespace":
            own = space["metadata"].get("labels") or {}
            return selectors.from_object(match.get("namespaceSelector") or {})(own)
        return True

    def _is(self, rule: Object) -> bool:
        scope = rule.get("scope", "*")
        return (
            _among(self._kind.group, rule.get("apiGroups"))
            and _among(self._kind.version, rule.get("apiVersions"))
            and _among(self._kind.plural, rule.get("resources"), "*/*")
            and _among(self._operation, rule.get("operations"))
            and (not rule.get("resourceNames") or self.name in rule["resourceNames"])
            and scope in ("*", "Namespaced" if self._kind.namespaced else "Cluster")
        )


def _among(value: str, known: list[str] | None, *also: str) -> bool:
    return bool({value, "*", *also} & set(known or ()))


def _failures(asked: _Asked, policy: Object, binding: Object) -> Iterator[tuple[str, str]]:
    """What does not hold, with the reason to give; each set of parameters is looked at."""
    spec = policy["spec"]
    strict = spec.get("failurePolicy", "Fail") == "Fail"
    for params in _parameters(asked, spec, binding["spec"]):
        if isinstance(params, ExpressionError):
            if strict:
                yield str(params), "Invalid"
            continue
        data = {**asked.data(), "params": params}
        try:
            if not all(
                expressions.evaluate(str(one.get("expression")), data) is True
                for one in spec.get("matchConditions") or []
            ):
                continue
        except ExpressionError as error:
            if strict:
                yield f"expression resulted in error: {error}", "Invalid"
            continue
        _put_variables(spec, data)
        for validation in spec.get("validations") or []:
            said = _failure(validation, data, strict)
            if said:
                yield said, str(validation.get("reason") or "Invalid")


def _put_variables(spec: Object, data: dict[str, Any]) -> None:
    """Each may speak of those before it; one without a value is not there."""
    for variable in spec.get("variables") or []:
        try:
            found = expressions.evaluate(str(variable.get("expression")), data)
        except ExpressionError:
            continue
        data["variables"] = {**data["variables"], str(variable.get("name")): found}


def _failure(validation: Object, data: dict[str, Any], strict: bool) -> str:
    text = str(validation.get("expression", ""))
    try:
        if expressions.evaluate(text, data) is True:
            return ""
    except ExpressionError as error:
        return f"expression '{text}' resulted in error: {error}" if strict else ""
    if validation.get("messageExpression"):
        try:
            found = expressions.evaluate(str(validation["messageExpression"]), data)
        except ExpressionError:
            found = None
        if isinstance(found, str) and found.strip():
            return found
    return str(validation.get("message") or f"failed expression: {text.strip()}")


def _parameters(
    asked: _Asked, spec: Object, binding: Object
) -> Iterator[Object | ExpressionError | None]:
    """The objects that the policy is set by; one that is missing is an error, or lets in."""
    kind, wanted = spec.get("paramKind"), binding.get("paramRef")
    if not kind or not wanted:
        yield None
        return
    group = str(kind.get("apiVersion", "")).rpartition("/")[0]
    try:
        known = asked.store.registry.of(kind)
    except NotFound:
        name = f"{kind.get('kind')}.{group}".rstrip(".")
        yield ExpressionError(f"failed to configure binding: no kind {name} is served")
        return
    space = (wanted.get("namespace") or asked.namespace) if known.namespaced else ""
    if wanted.get("name"):
        found = [asked.store.find(known, wanted["name"], space)]
    else:
        chosen = selectors.from_object(wanted.get("selector") or {})
        listed = asked.store.list(known, space)
        found = [one for one in listed if chosen(one["metadata"].get("labels") or {})]
    there = [one for one in found if one is not None]
    if not there and wanted.get("parameterNotFoundAction", "Deny") == "Deny":
        yield ExpressionError(
            "no params found for policy binding with `Deny` parameterNotFoundAction"
        )
    yield from there
