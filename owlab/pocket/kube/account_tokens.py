"""Tokens of service accounts: signed by the cluster, and told by that."""

from __future__ import annotations

import base64
import datetime
import hmac
import json
import uuid
from typing import Any

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import BadRequest, Conflict
from owlab.pocket.kube.store import Store

_SECONDS = 3600
_MOUNTED = 3607
_YEAR = 365 * 24 * 3600 + 7
_MOST = 1 << 32


class AccountTokens:
    """Gives out tokens, and reads them again after a restart too."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._key = store.signing_key

    def issue(self, account: Object, request: Object, pod: Object | None = None) -> Object:
        """A TokenRequest with its token, for a service account; raises ApiError.

        :param pod: the token is good as long as this pod is there.
        """
        if ref := (request.get("spec") or {}).get("boundObjectRef"):
            bound = self._bound(account, ref)
        else:
            bound = {"pod": _reference(pod)} if pod is not None else {}
        meta, spec = account["metadata"], request.get("spec") or {}
        seconds = min(max(int(spec.get("expirationSeconds") or _SECONDS), 600), _MOST)
        audiences = spec.get("audiences") or ["https://kubernetes.default.svc.cluster.local"]
        now = int(unix_time())
        token = self._sign(
            {
                "aud": audiences,
                "exp": now + seconds,
                "iat": now,
                "iss": "https://kubernetes.default.svc.cluster.local",
                "jti": str(uuid.uuid4()),
                "kubernetes.io": {
                    "namespace": meta["namespace"],
                    "serviceaccount": {"name": meta["name"], "uid": meta["uid"]},
                    **bound,
                },
                "nbf": now,
                "sub": f"system:serviceaccount:{meta['namespace']}:{meta['name']}",
            }
        )
        ends = datetime.datetime.fromtimestamp(now + seconds, datetime.UTC)
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {
                "name": meta["name"],
                "namespace": meta["namespace"],
                "creationTimestamp": None,
            },
            "spec": {**spec, "audiences": audiences, "expirationSeconds": seconds},
            "status": {
                "token": token,
                "expirationTimestamp": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        }

    def _bound(self, account: Object, ref: Object) -> Object:
        """What a token goes with: a pod of the account, or a Secret."""
        meta = account["metadata"]
        kind, version = str(ref.get("kind") or ""), str(ref.get("apiVersion") or "")
        if version != "v1" or kind not in ("Pod", "Secret"):
            group, _, short = version.rpartition("/")
            raise BadRequest(f"cannot bind token to object of type {group}/{short}, Kind={kind}")
        found = self._store.get(kind, str(ref.get("name") or ""), meta["namespace"])
        name = found["metadata"]["name"]
        if kind == "Pod" and found["spec"].get("serviceAccountName") != meta["name"]:
            raise BadRequest(
                f'cannot bind token for serviceaccount "{meta["name"]}" to pod running with '
                "different serviceaccount name."
            )
        if ref.get("uid") and ref["uid"] != found["metadata"]["uid"]:
            raise Conflict(
                f'Operation cannot be fulfilled on {kind} "{name}": the UID in the bound object '
                f"reference ({ref['uid']}) does not match the UID in record. The object might have "
                "been deleted and then recreated",
                {"name": name, "kind": kind},
            )
        return {kind.lower(): _reference(found)}

    def for_pod(self, pod: Object, wanted: Object) -> str:
        """The token of a ``serviceAccountToken`` volume; empty where there is no account."""
        name = pod["spec"].get("serviceAccountName") or "default"
        account = self._store.find("ServiceAccount", name, pod["metadata"]["namespace"])
        if account is None:
            return ""
        seconds = int(wanted.get("expirationSeconds") or _SECONDS)
        audience = wanted.get("audience")
        spec = {
            # Clients that read their token once are not locked out, as in Kubernetes.
            "expirationSeconds": _YEAR if seconds == _MOUNTED else seconds,
            **({"audiences": [audience]} if audience else {}),
        }
        return str(self.issue(account, {"spec": spec}, pod)["status"]["token"])

    def for_secret(self, account: Object, secret: str) -> str:
        """A token that ends only with its Secret or its account, as they were made once."""
        meta = account["metadata"]
        return self._sign(
            {
                "iss": "kubernetes/serviceaccount",
                "kubernetes.io": {
                    "namespace": meta["namespace"],
                    "secret": {"name": secret},
                    "serviceaccount": {"name": meta["name"], "uid": meta["uid"]},
                },
                "sub": f"system:serviceaccount:{meta['namespace']}:{meta['name']}",
            }
        )

    def _sign(self, claims: dict[str, Any]) -> str:
        text = ".".join(_encoded(part) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        return f"{text}.{self._signature(text)}"

    def _signature(self, text: str) -> str:
        return _text(hmac.digest(self._key, text.encode(), "sha256"))

    def claims(self, token: str) -> dict[str, Any] | None:
        """What a token says; None where the lab did not give it out."""
        text, _, signature = token.rpartition(".")
        if not text or not hmac.compare_digest(signature.encode(), self._signature(text).encode()):
            return None
        claims = text.partition(".")[2]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(claims + "=="))
        return found


def _reference(pod: Object) -> Object:
    return {"name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}


def _encoded(data: dict[str, Any]) -> str:
    return _text(json.dumps(data, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
