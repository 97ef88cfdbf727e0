"""The lab's own certificate authority."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from owlab.pocket.ground import certificates
from owlab.pocket.ground.certificates import Extension, PrivateKey
from owlab.pocket.ground.private_files import write_private

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
        key = certificates.load_key(self._key_path.read_bytes())
        if key is None:
            raise ValueError(f"{self._key_path} is not a key that this lab made")
        self._key = key

    def _create(self, lab: str) -> None:
        key = certificates.new_key()
        name = certificates.common_name(f"owlab pocket lab {lab}"[:64])
        of_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        pem = certificates.certificate(
            name,
            key,
            YEARS,
            issuer=name,
            signer=key,
            extensions=[
                (x509.BasicConstraints(ca=True, path_length=0), True),
                (_usage(signs=True), True),
                (of_key, False),
            ],
        )
        write_private(self._key_path, certificates.key_pem(key))
        write_private(self.certificate_path, pem)

    def issue(self, name: str, hosts: Iterable[str]) -> tuple[bytes, bytes]:
        """Certificate and key (PEM) of a server that answers on these addresses and names."""
        key = certificates.new_key()
        pem = self._signed(
            certificates.common_name(name[:64]),
            key,
            SERVER_DAYS,
            [
                (certificates.alternative_names(hosts), False),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            ],
        )
        return pem, certificates.key_pem(key)

    def sign(
        self, request: x509.CertificateSigningRequest, usages: list[str], seconds: int
    ) -> bytes:
        """A certificate (PEM) for somebody who has a key of their own.

        :param usages: in Kubernetes' words, such as ``client auth``.
        """
        extended = [oid for word, oid in _EXTENDED.items() if word in usages]
        names = [
            (extension.value, False)
            for extension in request.extensions
            if isinstance(extension.value, x509.SubjectAlternativeName)
        ]
        more: list[Extension] = [(x509.ExtendedKeyUsage(extended), False), *names]
        return self._signed(request.subject, request, timedelta(seconds=seconds), more)

    def _signed(
        self,
        subject: x509.Name,
        key: x509.CertificateSigningRequest | PrivateKey,
        valid: timedelta,
        extensions: list[Extension],
    ) -> bytes:
        of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        common: list[Extension] = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (of_issuer, False),
            (_usage(signs=False), True),
        ]
        return certificates.certificate(
            subject,
            key,
            valid,
            issuer=self._certificate.subject,
            signer=self._key,
            extensions=[*common, *extensions],
        )


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
