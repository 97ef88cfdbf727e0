"""What the API server itself does about requests for certificates."""

from __future__ import annotations

import copy

from owlab.pocket.ground.clock import timestamp
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.authorization import Attributes, Authorizer
from owlab.pocket.kube.authorization.users import MASTERS, UserInfo
from owlab.pocket.kube.conditions import since
from owlab.pocket.kube.errors import Denied
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.validation import certificates, invalid

GROUP, PLURAL, KIND = (
    "certificates.k8s.io",
    "certificatesigningrequests",
    "CertificateSigningRequest",
)
CLIENT = "kubernetes.io/kube-apiserver-client"
_OF_THE_SERVER = ("username", "uid", "groups", "extra")


def posted(obj: Object, user: UserInfo) -> None:
    """Note in a new request who asks, in place; raises Denied."""
    spec = obj.setdefault("spec", {})
    for name in _OF_THE_SERVER:
        spec.pop(name, None)
    spec |= {"username": user.name, "groups": list(user.groups)}
    if user.uid:
        spec["uid"] = user.uid
    wanted = certificates.request_of(obj)
    if spec.get("signerName") == CLIENT and wanted is not None:
        groups = [a.value for a in wanted.subject if a.oid.dotted_string == "2.5.4.10"]
        if MASTERS in groups:
            why = f"use of {CLIENT} signer with {MASTERS} group is not allowed"
            raise Denied(GROUP, PLURAL, obj["metadata"].get("name", ""), why)


def kept(new: Object, old: Object) -> None:
    """What is asked does not change, in place."""
    new["spec"] = copy.deepcopy(old["spec"])


def approved(
    authorizer: Authorizer, user: UserInfo, kind: Kind, old: Object, new: Object
) -> Object:
    """The request with the conditions that an approver gives it; raises Denied, Invalid."""
    signer = str(old["spec"]["signerName"])
    domain = signer.partition("/")[0]
    asked = (Attributes("approve", GROUP, "signers", name=n) for n in (signer, f"{domain}/*"))
    if not any(authorizer.decide(user, one).allowed for one in asked):
        why = f"user not permitted to approve requests with signerName {signer!r}".replace("'", '"')
        raise Denied(GROUP, PLURAL, old["metadata"]["name"], why)
    now, before = timestamp(), old.get("status") or {}
    conditions = [
        {
            "lastUpdateTime": now,
            "lastTransitionTime": since(before, c.get("type", ""), c.get("status", ""), now),
            **c,
        }
        for c in (new.get("status") or {}).get("conditions") or []
    ]
    status = {**before, "conditions": conditions}
    result = {**old, "metadata": new["metadata"], "status": status}
    causes = certificates.approval(result)
    if causes:
        raise invalid(kind, result, causes)
    return result
