"""Secrets of type ``kubernetes.io/service-account-token``: filled, and gone with their account."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.account_tokens import AccountTokens
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.store import Change, Key

_TYPE = "kubernetes.io/service-account-token"
_NAME = "kubernetes.io/service-account.name"
_UID = "kubernetes.io/service-account.uid"


class TokenSecrets(Controller):
    """Gives such Secrets the token, the certificate and the namespace that clients want."""

    def __init__(self, plane: ControlPlane, authority: str) -> None:
        super().__init__(plane)
        self._authority = authority
        self._tokens = AccountTokens(plane.store)

    def watches(self) -> Mapping[str, Leads]:
        return {"Secret": self._of_secret, "ServiceAccount": self._of_account}

    @staticmethod
    def _of_secret(change: Change) -> list[Key]:
        return [change.key] if _account(change.obj) else []

    def _of_account(self, change: Change) -> list[Key]:
        secrets = self.store.list("Secret", change.key.namespace)
        return [self.store.key_of(s) for s in secrets if _account(s) == change.key.name]

    def reconcile(self, key: Key) -> None:
        secret = self.store.at(key)
        name = _account(secret) if secret is not None else ""
        if secret is None or not name:
            return
        account = self.store.find("ServiceAccount", name, key.namespace)
        annotations = secret["metadata"]["annotations"]
        uid = account["metadata"]["uid"] if account is not None else ""
        if account is None or annotations.get(_UID, uid) != uid:
            self.store.delete("Secret", key.name, key.namespace)
            return
        data = secret.get("data") or {}
        wanted = {"ca.crt": self._authority, "namespace": key.namespace}
        filled = {**data, **{title: _encoded(text) for title, text in wanted.items()}}
        if not data.get("token"):
            filled["token"] = _encoded(self._tokens.for_secret(account, key.name))
        meta = {**secret["metadata"], "annotations": {**annotations, _UID: uid}}
        self.store.update({**secret, "metadata": meta, "data": filled})


def _account(secret: Object) -> str:
    """The account that a token Secret is of; empty for other Secrets."""
    if secret.get("type") != _TYPE:
        return ""
    return str((secret["metadata"].get("annotations") or {}).get(_NAME, ""))


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
