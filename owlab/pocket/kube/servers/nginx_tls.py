"""TLS of nginx: certificates by server name, and what is said of those that cannot be used."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from owlab.pocket.ground.key_pairs import load_key_pair
from owlab.pocket.kube.servers.nginx_config import Directive, Site, emergency
from owlab.pocket.kube.servers.setting import ContainerFiles, ServerFailed

NO_FILE = (
    "BIO_new_file() failed (SSL: error:80000002:system library::No such file or directory:calling "
    "fopen({path}, r) error:10000080:BIO routines::no such file)"
)
NO_CERTIFICATE = (
    "PEM_read_bio_X509_AUX() failed (SSL: error:0480006C:PEM routines::no start line:Expecting: "
    "TRUSTED CERTIFICATE)"
)
NO_KEY = "PEM_read_bio_PrivateKey() failed (SSL: error:1E08010C:DECODER routines::unsupported)"
OTHER_KEY = "error:05800074:x509 certificate routines::key values mismatch"
VERSIONS = {
    "SSLv2": None,
    "SSLv3": None,
    "TLSv1": None,
    "TLSv1.1": None,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
"""What OpenSSL still speaks at its usual level of security."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate with its chain, and its key."""

    certificate: bytes
    key: bytes


def context_of(sites: list[Site], view: ContainerFiles) -> ssl.SSLContext:
    """What one port answers with: the certificate of the server that a client names.

    :raises ServerFailed: in nginx's words.
    """
    contexts = [(site, _context(site, view)) for site in sites]
    default = next((made for site, made in contexts if site.default), contexts[0][1])
    by_name = {name: made for site, made in reversed(contexts) for name in site.names}

    def chosen(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name in by_name:
            connection.context = by_name[name]

    default.sni_callback = chosen
    return default


def _context(site: Site, view: ContainerFiles) -> ssl.SSLContext:
    listen = next(d for d in site.block if d.name == "listen" and "ssl" in d.words)
    certificate = _one(site, "ssl_certificate")
    key = _one(site, "ssl_certificate_key")
    for name, found in (("ssl_certificate", certificate), ("ssl_certificate_key", key)):
        if found is None:
            what = f'no "{name}" is defined for the "listen ... ssl" directive'
            if name == "ssl_certificate_key" and certificate is not None:
                what = f'no "{name}" is defined for certificate "{certificate.words[0]}"'
            raise emergency(what, listen.place)
    assert certificate is not None and key is not None
    identity = KeyPair(
        _read(view, certificate.words[0], "certificate"),
        _read(view, key.words[0], "certificate key"),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load(context, identity, certificate.words[0], key.words[0])
    _limit(context, _one(site, "ssl_protocols"))
    context.set_alpn_protocols(["http/1.1"])
    return context


def _one(site: Site, name: str) -> Directive | None:
    """The innermost one: a server's own stand after those that it inherits."""
    return next((d for d in reversed(site.block) if d.name == name and d.words), None)


def _read(view: ContainerFiles, path: str, what: str) -> bytes:
    place = path if path.startswith("/") else f"/etc/nginx/{path}"
    content = view.read(place)
    if content is None:
        raise _failed(f'cannot load {what} "{place}": {NO_FILE.format(path=place)}')
    return content


def _load(context: ssl.SSLContext, identity: KeyPair, certificate: str, key: str) -> None:
    if b"-----BEGIN " not in identity.certificate:
        raise _failed(f'cannot load certificate "{certificate}": {NO_CERTIFICATE}')
    if b"PRIVATE KEY-----" not in identity.key:
        raise _failed(f'cannot load certificate key "{key}": {NO_KEY}')
    try:
        load_key_pair(context, identity.certificate, identity.key)
    except ssl.SSLError as error:
        if "MISMATCH" in (error.reason or ""):
            raise _failed(f'SSL_CTX_use_PrivateKey("{key}") failed (SSL: {OTHER_KEY})') from None
        raise _failed(
            f'cannot load certificate "{certificate}" with key "{key}": {error.reason}'
        ) from None


def _limit(context: ssl.SSLContext, protocols: Directive | None) -> None:
    if protocols is None:
        return
    for word in protocols.words:
        if word not in VERSIONS:
            raise emergency(f'invalid value "{word}" in "ssl_protocols" directive', protocols.place)
    spoken = [version for word in protocols.words if (version := VERSIONS[word]) is not None]
    if not spoken:
        raise emergency("the pocket lab's nginx speaks TLSv1.2 and TLSv1.3 only", protocols.place)
    context.minimum_version, context.maximum_version = min(spoken), max(spoken)


def _failed(text: str) -> ServerFailed:
    return ServerFailed(f"nginx: [emerg] {text}\n")
