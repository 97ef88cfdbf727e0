"""Names of entities, and callers."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

from owlab.pocket.openwhisk.refusals import (
    BAD_AUTHENTICATION,
    NAME_ILLEGAL,
    NO_AUTHENTICATION,
    WhiskError,
    bad_request,
    forbidden,
)

NAME = re.compile(r"\w|\w[\w@ .&-]{0,254}[\w@.&-]", re.ASCII)
REALM = {"WWW-Authenticate": 'Basic realm="OpenWhisk secure realm"'}
SYSTEM = "whisk.system"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls: a namespace, its key, and whose it is."""

    namespace: str
    key: str
    owner: str = ""

    @property
    def subject(self) -> str:
        """The namespace's owner, which has its name unless it is told."""
        return self.owner or self.namespace

    def owns(self, namespace: str) -> str:
        """The namespace that was named, ``_`` being the caller's; 403 for another's."""
        if namespace not in ("_", self.namespace):
            raise forbidden()
        return self.namespace

    def resolve(self, namespace: str) -> str:
        """The namespace that was named, whoever's it is."""
        return self.namespace if namespace == "_" else namespace


def token_of(authorization: str | None, identities: Iterable[Identity]) -> Identity:
    """Who an ``Authorization`` header is; 401 when it is nobody."""
    if not authorization:
        raise WhiskError(401, NO_AUTHENTICATION, REALM)
    scheme, _, token = authorization.partition(" ")
    try:
        given = base64.b64decode(token, validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        given = b""
    for identity in identities:
        if hmac.compare_digest(given, identity.key.encode()):
            return identity
    raise WhiskError(401, BAD_AUTHENTICATION, REALM)


def checked(name: str) -> str:
    """A name that an entity may have; 400 otherwise."""
    size = len(name.encode())
    if len(name) > 256:
        # Upstream's own spelling.
        raise bad_request(f"Name segement longer than allowed: {size} > 256.")
    if NAME.fullmatch(name) is None:
        raise bad_request(NAME_ILLEGAL)
    return name


@dataclass(frozen=True, slots=True)
class Qualified:
    """``/namespace/package/name``, the package being empty for the default one."""

    namespace: str
    package: str
    name: str

    @property
    def path(self) -> str:
        """Without the leading slash."""
        return "/".join(part for part in (self.namespace, self.package, self.name) if part)

    @property
    def location(self) -> str:
        """What documents call the namespace: with the package."""
        return f"{self.namespace}/{self.package}" if self.package else self.namespace


def qualified(text: str, own: str) -> Qualified:
    """``/ns/pkg/name``, ``/ns/name``, ``pkg/name`` or ``name``, seen from namespace ``own``."""
    parts = text.strip("/").split("/")
    if not text.startswith("/") and len(parts) < 3:
        parts = [own, *parts]
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise bad_request(
            "The fully qualified name of the entity must contain at least the namespace "
            "and the name of the entity."
        )
    namespace = own if parts[0] == "_" else parts[0]
    package = parts[1] if len(parts) == 3 else ""
    return Qualified(namespace, package, checked(parts[-1]))
