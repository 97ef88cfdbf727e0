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
from owlab.pocket.kube.errors import ApiError, Unauthorized
from owlab.pocket.kube.store import Store

MASTERS = "system:masters"
"""The group that may do everything, whatever the roles say."""
_AUTHENTICATED = "system:authenticated"
_ACCOUNT = "system:serviceaccount:"

_SECONDS = 3600
_MOST = 1 << 32


@dataclass(frozen=True)
class User:
    """A user and its groups; what they may do, roles and bindings say."""

    name: str
    groups: tuple[str, ...]
    uid: str = ""


class Users:
    """Tells users by their bearer tokens."""

    def __init__(self, tokens: Mapping[str, str], store: Store) -> None:
        self._tokens = tokens
        self._store = store
        # Of the lab's own tokens, so that what was given out stays good after a restart.
        self._key = hashlib.sha256("|".join(["service accounts", *tokens]).encode()).digest()

    def of(self, connection: HTTPConnection) -> User:
        """The user whose credentials a request has; raises Unauthorized."""
        given = connection.headers.get("authorization", "").removeprefix("Bearer ").strip()
        user = self.of_token(given)
        if user is None:
            raise Unauthorized("Unauthorized")
        return user

    def of_token(self, given: str) -> User | None:
        """The user of a token; None where it is nobody's, or not any more."""
        for token, name in self._tokens.items():
            if hmac.compare_digest(given.encode(), token.encode()):
                return User(name, (MASTERS, _AUTHENTICATED))
        claims = self._claims(given)
        if claims is None or claims["exp"] < time.time():
            return None
        space, named = claims["kubernetes.io"]["namespace"], claims["kubernetes.io"]
        account = self._store.find("ServiceAccount", named["serviceaccount"]["name"], space)
        uid = str(named["serviceaccount"]["uid"])
        if account is None or account["metadata"]["uid"] != uid:
            return None
        bound = named.get("pod")
        if bound:
            pod = self._store.find("Pod", bound["name"], space)
            if pod is None or pod["metadata"]["uid"] != bound["uid"]:
                return None
        return User(claims["sub"], (*account_groups(space), _AUTHENTICATED), uid)

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


def account_groups(namespace: str) -> tuple[str, str]:
    """The groups of every service account of a namespace."""
    return "system:serviceaccounts", f"system:serviceaccounts:{namespace}"


def account_of(name: str) -> tuple[str, str] | None:
    """Namespace and name of the service account that a user's name stands for."""
    if not name.startswith(_ACCOUNT):
        return None
    space, _, account = name.removeprefix(_ACCOUNT).partition(":")
    return (space, account) if space and account else None


def impersonated(connection: HTTPConnection) -> User | None:
    """Whom the request's headers want it to be from (``kubectl --as``), or None.

    :raises ApiError: groups without a user.
    """
    name = connection.headers.get("impersonate-user", "")
    groups = connection.headers.getlist("impersonate-group")
    uid = connection.headers.get("impersonate-uid", "")
    if not name:
        if groups or uid:
            raise ApiError(f"requested {groups or uid} without impersonating a user")
        return None
    if name == "system:anonymous":
        return User(name, (*groups, "system:unauthenticated"), uid)
    account = account_of(name)
    if account is not None and not groups:
        groups = list(account_groups(account[0]))
    return User(name, tuple(dict.fromkeys((*groups, _AUTHENTICATED))), uid)


def _encoded(data: dict[str, Any]) -> str:
    return _text(json.dumps(data, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
