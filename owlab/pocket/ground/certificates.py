"""Certificates and their keys: what everybody here who makes one has in common."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from owlab.pocket.ground.clock import utc_now

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
# What an extension says, and whether who does not understand it must refuse the certificate.
Extension = tuple[x509.ExtensionType, bool]

# The clock of who reads it may be a little behind.
_BEFORE = timedelta(minutes=5)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key of the kind that is quickly made."""
    return ec.generate_private_key(ec.SECP256R1())


def load_key(pem: bytes) -> PrivateKey | None:
    """The key, or None if it is of a kind that signs nothing here."""
    key = serialization.load_pem_private_key(pem, None)
    return key if isinstance(key, PrivateKey) else None


def key_pem(key: PrivateKey) -> bytes:
    """The key as it is written into a file, not encrypted."""
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(serialization.Encoding.PEM, *plain)


def common_name(name: str) -> x509.Name:
    """A subject that is only a name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def alternative_names(hosts: Iterable[str]) -> x509.SubjectAlternativeName:
    """The addresses and names of a server."""
    return x509.SubjectAlternativeName([_host(host) for host in dict.fromkeys(hosts)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def certificate(
    subject: x509.Name,
    key: x509.CertificateSigningRequest | PrivateKey,
    valid: timedelta,
    *,
    issuer: x509.Name,
    signer: PrivateKey,
    extensions: Iterable[Extension] = (),
) -> bytes:
    """A certificate (PEM) of who has the key, signed with the issuer's."""
    now = utc_now()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + valid)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def self_signed(name: str) -> tuple[bytes, bytes]:
    """Certificate and key (PEM) for a year, by nobody's authority and for no address."""
    key, subject = new_key(), common_name(name)
    made = certificate(subject, key, timedelta(days=365), issuer=subject, signer=key)
    return made, key_pem(key)
