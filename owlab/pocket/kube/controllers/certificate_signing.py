"""Approved requests for certificates are signed, and old ones go."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from cryptography import x509

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import is_true, with_condition
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.store import Key
from owlab.pocket.kube.validation.certificates import request_of

_YEAR = 365 * 24 * 3600
_PATIENCE = {"Approved": 3600, "Denied": 3600, "Failed": 3600, "": 24 * 3600}
"""Seconds after which a request goes, by what was said of it."""
_BOTH = {"digital signature", "key encipherment"}
_NEEDED = {
    "kubernetes.io/kube-apiserver-client": "client auth",
    "kubernetes.io/kube-apiserver-client-kubelet": "client auth",
    "kubernetes.io/kubelet-serving": "server auth",
}
"""The cluster's own signers, and the usage that each insists on."""


class CertificateSigner(Protocol):
    """Who has the key of the cluster's authority."""

    def sign(
        self, request: x509.CertificateSigningRequest, usages: list[str], seconds: int
    ) -> bytes:
        """A certificate, PEM."""


class CertificateSigning(Controller):
    """kube-controller-manager's signers, approver of nobody, and its cleaner."""

    def __init__(self, plane: ControlPlane, signer: CertificateSigner | None) -> None:
        super().__init__(plane)
        self._signer = signer

    def watches(self) -> Mapping[str, Leads]:
        return {"CertificateSigningRequest": itself}

    def reconcile(self, key: Key) -> None:
        request = self.store.at(key)
        if request is None or self._too_old(key, request):
            return
        status = request.get("status") or {}
        if not is_true(request, "Approved") or status.get("certificate"):
            return
        if is_true(request, "Failed"):
            return
        needed = _NEEDED.get(request["spec"]["signerName"])
        wanted = request_of(request)
        if needed is None or wanted is None or self._signer is None:
            return  # another signer's
        usages = list(request["spec"]["usages"])
        if needed not in usages or not set(usages) <= {needed, *_BOTH}:
            self._fail(request, f"invalid usage for client certificate: {usages}")
            return
        seconds = min(int(request["spec"].get("expirationSeconds") or _YEAR), _YEAR)
        pem = self._signer.sign(wanted, usages, seconds)
        signed = {**status, "certificate": base64.b64encode(pem).decode()}
        self.store.set_status(request, signed)

    def _fail(self, request: Object, why: str) -> None:
        now = self.clock.timestamp()
        failed = with_condition(
            request["status"], "Failed", "True", now, "SignerValidationFailure", why,
            lastUpdateTime=now,
        )  # fmt: skip
        self.store.set_status(request, failed)

    def _too_old(self, key: Key, request: Object) -> bool:
        said = next(
            (kind for kind in ("Denied", "Failed", "Approved") if is_true(request, kind)), ""
        )
        made = datetime.fromisoformat(request["metadata"]["creationTimestamp"])
        left = _PATIENCE[said] - (self.clock.now() - made).total_seconds()
        if left > 0:
            self.look(key, left + 1)
            return False
        self.store.delete("CertificateSigningRequest", key.name)
        return True
