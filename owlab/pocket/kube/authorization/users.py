"""Who asks: users of the kubeconfig, and service accounts by tokens that the lab gives out."""

from __future__ import annotations

import base64
import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.account_tokens import AccountTokens
from owlab.pocket.kube.errors import ApiError, Unauthorized
from owlab.pocket.kube.store import Store

MASTERS = "system:masters"
"""The group that may do everything, whatever the roles say."""
_AUTHENTICATED = "system:authenticated"
_ACCOUNT = "system:serviceaccount:"
_CERTIFICATE = "owlab.certificate"
"""Where the server puts what a client has shown; the lab's authority has signed it."""


@dataclass(frozen=True)
class UserInfo:
    """A user and its groups; what they may do, roles and bindings say."""

    name: str
    groups: tuple[str, ...]
    uid: str = ""

    def described(self) -> Object:
        """As reviews and policies see it."""
        return {
            "username": self.name,
            **({"uid": self.uid} if self.uid else {}),
            "groups": list(self.groups),
        }


class Users:
    """Tells users by their certificates and their bearer tokens."""

    def __init__(self, tokens: Mapping[str, str], store: Store) -> None:
        self._tokens = tokens
        self._store = store
        self._accounts = AccountTokens(store)

    def of(self, connection: HTTPConnection) -> UserInfo:
        """The user whose credentials a request has; raises Unauthorized."""
        certified = of_certificate(connection.scope.get(_CERTIFICATE))
        if certified is not None:
            return certified
        given = connection.headers.get("authorization", "").removeprefix("Bearer ").strip()
        user = self.of_token(given)
        if user is None:
            raise Unauthorized("Unauthorized")
        return user

    def of_token(self, given: str) -> UserInfo | None:
        """The user of a token; None where it is nobody's, or not any more."""
        for token, name in self._tokens.items():
            if hmac.compare_digest(given.encode(), token.encode()):
                return UserInfo(name, (MASTERS, _AUTHENTICATED))
        claims = self._accounts.claims(given)
        if claims is None or claims.get("exp", math.inf) < unix_time():
            return None
        space, named = claims["kubernetes.io"]["namespace"], claims["kubernetes.io"]
        account = self._store.find("ServiceAccount", named["serviceaccount"]["name"], space)
        uid = str(named["serviceaccount"]["uid"])
        if account is None or account["metadata"]["uid"] != uid:
            return None
        for kind in ("Pod", "Secret"):
            bound = named.get(kind.lower())
            if bound and not _holds(self._store.find(kind, bound["name"], space), bound, given):
                return None
        return UserInfo(claims["sub"], (*account_groups(space), _AUTHENTICATED), uid)


def _holds(found: Object | None, bound: Object, token: str) -> bool:
    """What a token goes with is there; a Secret that was made for a token has it, and no uid."""
    if found is None:
        return False
    if "uid" in bound:
        return bool(found["metadata"]["uid"] == bound["uid"])
    return base64.b64decode(found["data"].get("token", "")).decode() == token


def of_certificate(shown: Any) -> UserInfo | None:
    """Its common name is the user, its organizations are the groups."""
    parts = [pair for names in (shown or {}).get("subject", ()) for pair in names]
    name = next((value for field, value in parts if field == "commonName"), "")
    groups = [value for field, value in parts if field == "organizationName"]
    return UserInfo(name, (*groups, _AUTHENTICATED)) if name else None


def account_groups(namespace: str) -> tuple[str, str]:
    """The groups of every service account of a namespace."""
    return "system:serviceaccounts", f"system:serviceaccounts:{namespace}"


def account_of(name: str) -> tuple[str, str] | None:
    """Namespace and name of the service account that a user's name stands for."""
    if not name.startswith(_ACCOUNT):
        return None
    space, _, account = name.removeprefix(_ACCOUNT).partition(":")
    return (space, account) if space and account else None


def impersonated(connection: HTTPConnection) -> UserInfo | None:
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
        return UserInfo(name, (*groups, "system:unauthenticated"), uid)
    account = account_of(name)
    if account is not None and not groups:
        groups = list(account_groups(account[0]))
    return UserInfo(name, tuple(dict.fromkeys((*groups, _AUTHENTICATED))), uid)
