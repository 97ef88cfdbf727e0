"""Who asks: users of the kubeconfig, and service accounts by tokens that the lab gives out."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Unauthorized

_SECONDS = 3600
_MOST = 1 << 32


@dataclass(frozen=True)
class User:
    """A user and its groups. Every user of the lab may do everything."""

    name: str
    groups: tuple[str, ...]


class Users:
    """Tells users by their bearer tokens."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = tokens
        # Of the lab's own tokens, so that what was given out stays good after a restart.
        self._key = hashlib.sha256("|".join(["service accounts", *tokens]).encode()).digest()

    def of(self, connection: HTTPConnection) -> User:
        """The user of a request; raises Unauthorized. ``--as`` makes it another one."""
        given = connection.headers.get("authorization", "").removeprefix("Bearer ").strip()
        user = self._known(given)
        if name := connection.headers.get("impersonate-user"):
            groups = connection.headers.getlist("impersonate-group")
            return User(name, (*groups, "system:authenticated"))
        return user

    def _known(self, given: str) -> User:
        for token, name in self._tokens.items():
            if hmac.compare_digest(given.encode(), token.encode()):
                return User(name, ("system:masters", "system:authenticated"))
        claims = self._claims(given)
        if claims is None or claims["exp"] < time.time():
            raise Unauthorized("Unauthorized")
        space = claims["kubernetes.io"]["namespace"]
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{space}")
        return User(claims["sub"], (*groups, "system:authenticated"))

    def issue(self, account: Object, request: Object) -> Object:
        """A TokenRequest with its token, for a service account."""
        meta, spec = account["metadata"], request.get("spec") or {}
        seconds = min(max(int(spec.get("expirationSeconds") or _SECONDS), 600), _MOST)
        audiences = spec.get("audiences") or ["https://kubernetes.default.svc.cluster.local"]
        now = int(time.time())
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

    def _sign(self, claims: dict[str, Any]) -> str:
        text = ".".join(_encoded(part) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        return f"{text}.{self._signature(text)}"

    def _signature(self, text: str) -> str:
        return _text(hmac.digest(self._key, text.encode(), "sha256"))

    def _claims(self, token: str) -> dict[str, Any] | None:
        text, _, signature = token.rpartition(".")
        if not text or not hmac.compare_digest(signature.encode(), self._signature(text).encode()):
            return None
        claims = text.partition(".")[2]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(claims + "=="))
        return found


def _encoded(data: dict[str, Any]) -> str:
    return _text(json.dumps(data, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
