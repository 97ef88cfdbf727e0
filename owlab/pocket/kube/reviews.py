"""Reviews: questions about permissions. The lab's one user may do everything."""

from __future__ import annotations

from owlab.pocket.kube.errors import NotImplementedHere
from owlab.pocket.world import Object

USER = "system:admin"


def answer(review: Object) -> Object:
    """The review with its status."""
    match review.get("kind"):
        case "SelfSubjectAccessReview":
            status: Object = {
                "allowed": True,
                "reason": "the pocket lab's user is its administrator",
            }
        case "SelfSubjectRulesReview":
            every = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
            status = {"resourceRules": [every], "nonResourceRules": [], "incomplete": False}
        case "SelfSubjectReview":
            status = {"userInfo": {"username": USER, "groups": ["system:masters"]}}
        case kind:
            raise NotImplementedHere(f"the pocket lab does not answer a {kind}")
    return {**review, "metadata": {"creationTimestamp": None}, "status": status}
