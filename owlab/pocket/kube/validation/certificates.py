"""Requests for certificates."""

from __future__ import annotations

import base64
import binascii

from cryptography import x509

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.validation.causes import Causes, at, unsupported, wrong
from owlab.pocket.kube.validation.names import label

_SHORTEST = 600
LEGACY = "kubernetes.io/legacy-unknown"
USAGES = (
    "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign",
    "data encipherment", "decipher only", "digital signature", "email protection",
    "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement",
    "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime",
    "server auth", "signing", "timestamping",
)  # fmt: skip


def request_of(obj: Object) -> x509.CertificateSigningRequest | None:
    """What is to be signed; None where it cannot be read."""
    try:
        pem = base64.b64decode(at(obj, "spec", "request") or "", validate=True)
        found = x509.load_pem_x509_csr(pem)
    except (binascii.Error, ValueError):
        return None
    return found if found.is_signature_valid else None


def signing_request(obj: Object) -> Causes:
    """A CertificateSigningRequest."""
    spec = obj.get("spec") or {}
    causes: Causes = []
    if request_of(obj) is None:
        said = "PEM block type must be CERTIFICATE REQUEST"
        causes.append(("spec.request", wrong(spec.get("request", ""), said)))
    if not spec.get("usages"):
        causes.append(("spec.usages", "Required value: usages must be provided"))
    for index, usage in enumerate(spec.get("usages") or []):
        if usage not in USAGES:
            causes.append((f"spec.usages[{index}]", unsupported(usage, USAGES)))
    causes += _signer(spec.get("signerName") or "")
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < _SHORTEST:
        said = "may not specify a duration less than 600 seconds (10 minutes)"
        causes.append(("spec.expirationSeconds", wrong(seconds, said)))
    return causes


def _signer(name: str) -> Causes:
    if not name:
        return [("spec.signerName", "Required value")]
    if name == LEGACY:
        said = "the legacy signerName is not allowed via this API version"
        return [("spec.signerName", wrong(name, said))]
    if name.count("/") != 1:
        said = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
        return [("spec.signerName", wrong(name, said))]
    return []


def approval(obj: Object) -> Causes:
    """Its conditions: nobody approves and denies the same."""
    kinds = {c.get("type") for c in at(obj, "status", "conditions") or []}
    if {"Approved", "Denied"} <= kinds:
        said = "Approved and Denied conditions are mutually exclusive"
        return [("status.conditions", wrong("Approved", said))]
    return []


def runtime_class(obj: Object) -> Causes:
    """A RuntimeClass."""
    return [("handler", said) for said in label(str(obj.get("handler", "")))]
