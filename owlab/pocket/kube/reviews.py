"""Reviews: questions about permissions. Every user of the lab may do everything."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import NotImplementedHere
from owlab.pocket.kube.users import User


def answer(review: Object, user: User) -> Object:
    """The review of a user with its status."""
    match review.get("kind"):
        case "SelfSubjectAccessReview":
            status: Object = {
                "allowed": True,
                "reason": "the pocket lab's user is its administrator",
            }
        case "SelfSubjectRulesReview":
            every = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
            urls = {"verbs": ["*"], "nonResourceURLs": ["*"]}
            status = {"resourceRules": [every], "nonResourceRules": [urls], "incomplete": False}
        case "SelfSubjectReview":
            status = {"userInfo": {"username": user.name, "groups": list(user.groups)}}
        case kind:
            raise NotImplementedHere(f"the pocket lab does not answer a {kind}")
    return {**review, "metadata": {"creationTimestamp": None}, "status": status}
