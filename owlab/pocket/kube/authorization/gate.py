"""Before every request: who asks, as whom, and whether they may."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from owlab.pocket.kube.authorization.attributes import Attributes, attributes_of
from owlab.pocket.kube.authorization.authorizer import Authorizer
from owlab.pocket.kube.authorization.users import (
    UserInfo,
    Users,
    account_groups,
    account_of,
    impersonated,
)


class Gate:
    """Lets requests through, or raises what the client is told."""

    def __init__(self, users: Users, authorizer: Authorizer) -> None:
        self._users = users
        self._authorizer = authorizer

    def enter(self, connection: HTTPConnection) -> UserInfo:
        """The user that a request acts as; raises Unauthorized, Denied."""
        user = self._users.of(connection)
        wanted = impersonated(connection)
        if wanted is not None:
            self._may_become(user, wanted, connection)
            user = wanted
        asked = attributes_of(connection)
        self._authorizer.require(user, asked)
        if connection.scope["type"] == "websocket":
            # What streams into a pod is opened by GET, and is more than reading.
            create = Attributes(
                "create",
                asked.group,
                asked.resource,
                asked.subresource,
                asked.namespace,
                asked.name,
            )
            self._authorizer.require(user, create)
        return user

    def _may_become(self, user: UserInfo, wanted: UserInfo, connection: HTTPConnection) -> None:
        account = account_of(wanted.name)
        if account is not None:
            asked = Attributes(
                "impersonate", resource="serviceaccounts", namespace=account[0], name=account[1]
            )
        else:
            asked = Attributes("impersonate", resource="users", name=wanted.name)
        self._authorizer.require(user, asked)
        given = set(account_groups(account[0])) if account is not None else set()
        for group in connection.headers.getlist("impersonate-group"):
            if group not in given:
                self._authorizer.require(
                    user, Attributes("impersonate", resource="groups", name=group)
                )
        if wanted.uid:
            asked = Attributes("impersonate", "authentication.k8s.io", "uids", name=wanted.uid)
            self._authorizer.require(user, asked)
        for header, value in connection.headers.items():
            if header.startswith("impersonate-extra-"):
                key = header.removeprefix("impersonate-extra-")
                asked = Attributes(
                    "impersonate", "authentication.k8s.io", "userextras", key, name=value
                )
                self._authorizer.require(user, asked)
