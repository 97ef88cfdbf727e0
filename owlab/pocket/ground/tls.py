"""The lab's own certificate authority."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS = timedelta(days=3650)
# Browsers and curl on macOS refuse server certificates that are valid for longer.
SERVER_DAYS = timedelta(days=820)
_EXTENDED = {
    "client auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
}


class Authority:
    """Issues certificates for servers of the lab and for users; keeps its key in the lab."""

    def __init__(self, directory: Path) -> None:
        self.certificate_path = directory / "ca.crt"
        self._key_path = directory / "ca.key"
        if not (self.certificate_path.exists() and self._key_path.exists()):
            self._create(directory.name)
        self.pem = self.certificate_path.read_bytes()
        self._certificate = x509.load_pem_x509_certificate(self.pem)
        key = serialization.load_pem_private_key(self._key_path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{self._key_path} is not a key that this lab made")
        self._key = key

    def _create(self, lab: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"owlab pocket lab {lab}"[:64])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + YEARS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .sign(key, hashes.SHA256())
        )
        write_private(self._key_path, _pem(key))
        write_private(self.certificate_path, certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, hosts: Iterable[str]) -> tuple[bytes, bytes]:
        """Certificate and key (PEM) of a server that answers on these addresses and names."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([_host(host) for host in dict.fromkeys(hosts)])
        built = (
            self._begun(_name(name[:64]), SERVER_DAYS)
            .public_key(key.public_key())
            .add_extension(names, critical=False)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        )
        return self._signed(built), _pem(key)

    def sign(
        self, request: x509.CertificateSigningRequest, usages: list[str], seconds: int
    ) -> bytes:
        """A certificate (PEM) for somebody who has a key of their own.

        :param usages: in Kubernetes' words, such as ``client auth``.
        """
        extended = [oid for word, oid in _EXTENDED.items() if word in usages]
        built = (
            self._begun(request.subject, timedelta(seconds=seconds))
            .public_key(request.public_key())
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(extended), False)
        )
        for extension in request.extensions:
            if isinstance(extension.value, x509.SubjectAlternativeName):
                built = built.add_extension(extension.value, critical=False)
        return self._signed(built)

    def _begun(self, subject: x509.Name, valid: timedelta) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._certificate.subject)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + valid)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(issuer, critical=False)
        )

    def _signed(self, built: x509.CertificateBuilder) -> bytes:
        certificate = built.sign(self._key, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
