"""Reviews: questions about users and their rights, answered by the same rules as requests."""

from __future__ import annotations

from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.authorization import Attributes, Authorizer
from owlab.pocket.kube.authorization.users import UserInfo, Users
from owlab.pocket.kube.errors import BadRequest, Invalid, NotImplementedHere
from owlab.pocket.kube.schemas.decode import DecodeError, Decoder
from owlab.pocket.kube.schemas.types import model_of

_OF_AUTHENTICATION = ("SelfSubjectReview", "TokenReview")


class Reviews:
    """Answers what is posted to ``authorization.k8s.io`` and ``authentication.k8s.io``."""

    def __init__(self, users: Users, authorizer: Authorizer) -> None:
        self._users = users
        self._authorizer = authorizer

    def answer(self, review: Object, user: UserInfo) -> Object:
        """The review of a user with its status; raises ApiError."""
        kind = str(review.get("kind"))
        spec = _spec(review, kind)
        match kind:
            case "SelfSubjectAccessReview":
                status = self._access(user, spec)
            case "SubjectAccessReview" | "LocalSubjectAccessReview":
                if not spec.get("user") and not spec.get("groups"):
                    raise Invalid(
                        f'{kind}.authorization.k8s.io "" is invalid: [spec.user: Required value: '
                        "at least one of user or group must be specified]"
                    )
                other = UserInfo(spec.get("user", ""), tuple(spec.get("groups") or ()))
                status = self._access(other, spec)
            case "SelfSubjectRulesReview":
                if not spec.get("namespace"):
                    raise BadRequest("no namespace on request")
                status = self._rules(user, spec["namespace"])
            case "SelfSubjectReview":
                status = {"userInfo": user.described()}
            case "TokenReview":
                known = self._users.of_token(spec.get("token", ""))
                status = {"authenticated": True, "user": known.described()} if known else {}
            case _:
                raise NotImplementedHere(f"the pocket lab does not answer a {kind}")
        return {**review, "metadata": {"creationTimestamp": None}, "status": status}

    def _access(self, user: UserInfo, spec: Object) -> Object:
        decision = self._authorizer.decide(user, _attributes(spec))
        return {
            "allowed": decision.allowed,
            **({"reason": decision.reason} if decision.reason else {}),
        }

    def _rules(self, user: UserInfo, namespace: str) -> Object:
        rules, missing = self._authorizer.rules(user, namespace)
        status: Object = {
            "resourceRules": [
                {name: value for name, value in rule.items() if name != "nonResourceURLs"}
                for rule in rules
                if rule.get("resources")
            ],
            "nonResourceRules": [
                {"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]}
                for rule in rules
                if rule.get("nonResourceURLs")
            ],
            "incomplete": bool(missing),
        }
        if missing:
            status["evaluationError"] = ", ".join(missing)
        return status


def _spec(review: Object, kind: str) -> Any:
    """What is asked, each field of its type."""
    group = "authentication" if kind in _OF_AUTHENTICATION else "authorization"
    model = model_of(f"{group}.k8s.io/v1", kind)
    if model is None:
        return {}
    try:
        return Decoder().object({**review, "metadata": {}}, model).get("spec") or {}
    except DecodeError as error:
        raise BadRequest(str(error)) from None


def _attributes(spec: Object) -> Attributes:
    asked: Object = spec.get("resourceAttributes") or {}
    path: Object = spec.get("nonResourceAttributes") or {}
    if bool(asked) == bool(path):
        said = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        raise Invalid(
            f'SubjectAccessReview.authorization.k8s.io "" is invalid: [spec.resourceAttributes: '
            f"Invalid value: null: {said}]"
        )
    if path:
        return Attributes(path.get("verb", ""), path=path.get("path", ""))
    return Attributes(
        asked.get("verb", ""),
        asked.get("group", ""),
        asked.get("resource", ""),
        asked.get("subresource", ""),
        asked.get("namespace", ""),
        asked.get("name", ""),
    )
