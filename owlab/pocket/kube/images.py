"""The simulated container registries: which images exist, and how long pulling one takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_GONE = re.compile(r"docker\.io/wurstmeister/kafka:")
"""Withdrawn in May 2024: the failure that the guide tells of."""

# Versions as the official images have them, and the words that stand for one or follow one. A tag
# that is none of these is a slip, such as the documentation's nginx:1.161.
_WORDS = (
    "alpine|slim|latest|stable|mainline|lts|current|edge|rolling|bookworm|bullseye|buster|trixie|sid"
    "|jammy|focal|noble|bionic|xenial|perl|otel|musl|glibc|uclibc|management|apache|fpm|cli|nanoserver"
    "|linux|windowsservercore|unstable|testing|oldstable|devel|rc|iron|jod|hydrogen|gallium|rpms|debian|oracle|ubuntu"
)
_OFFICIAL_TAG = (
    rf"(?:v?\d{{1,4}}(?:\.\d{{1,2}}(?:\.\d{{1,3}})?)?(?:(?:rc|a|b)\d{{1,2}})?|(?:{_WORDS})\d*)"
    rf"(?:-(?:(?:{_WORDS})[\d.]*|\d{{8}}))*"
)
_KNOWN = tuple(
    re.compile(pattern)
    for pattern in (
        r"docker\.io/apache/couchdb:[\w.-]+",
        r"docker\.io/fatal69100/kafka:2\.8\.1",
        r"docker\.io/rancher/[\w./-]+:[\w.-]+",
        r"docker\.io/(bitnamilegacy|grafana|prom|curlimages)/[\w.-]+:[\w.-]+",
        r"docker\.io/(traefik/whoami|hashicorp/http-echo|(kennethreitz|kong)/httpbin|nicolaka/netshoot"
        r"|tutum/dnsutils):[\w.-]+",
        r"docker\.io/library/(?:nginx|redis|busybox|alpine|zookeeper|python|node|httpd|postgres|mysql"
        r"|hello-world|ubuntu|debian|bash|memcached|mongo|traefik|couchdb|rabbitmq|golang|perl):"
        + _OFFICIAL_TAG,
        r"registry\.k8s\.io/[\w./-]+:[\w.-]+",
        r"quay\.io/external_storage/nfs-client-provisioner:[\w.-]+",
        r"(gcr|ghcr|quay)\.io/[\w./-]+:[\w.-]+",
    )
)
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_SECONDS = {"kafka": 40.0, "couchdb": 30.0}


def full_name(image: str) -> str:
    """``nginx`` as ``docker.io/library/nginx:latest``, the way containerd names it."""
    name, _, digest = image.partition("@")
    head, slash, _ = name.partition("/")
    if not slash:
        name = f"docker.io/library/{name}"
    elif "." not in head and ":" not in head and head != "localhost":
        name = f"docker.io/{name}"
    if ":" not in name.rpartition("/")[2] and not digest:
        name += ":latest"
    return f"{name}@{digest}" if digest else name


@dataclass(frozen=True, slots=True)
class PublishedImages:
    """What somebody has in the registries."""

    names: tuple[re.Pattern[str], ...]
    """Of full names."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """How long pulling takes in life, roughly, by a part of the name; the first counts."""


class Registries:
    """All of them: with what the world has, and what the cluster's software brings."""

    def __init__(self, more: Iterable[PublishedImages] = ()) -> None:
        self._published = (*more, PublishedImages(_KNOWN, _SECONDS))

    def have(self, image: str) -> bool:
        """Whether some registry has the image."""
        name = full_name(_DIGEST.sub("", image))
        return not _GONE.match(name) and any(
            pattern.fullmatch(name) for some in self._published for pattern in some.names
        )

    def pull_error(self, image: str) -> str:
        """What containerd says about an image that is not there."""
        name = full_name(image)
        said = (
            "pull access denied, repository does not exist or may require authorization: server "
            "message: insufficient_scope: authorization failed"
        )
        if not _GONE.match(name) and self.have(name.rpartition(":")[0] + ":latest"):
            said = f"{name}: not found"
        return (
            f'failed to pull and unpack image "{name}": failed to resolve reference "{name}": '
            f"{said}"
        )

    def pull_seconds(self, image: str) -> float:
        """How long pulling takes in life, roughly."""
        name = full_name(image)
        known = (pair for some in self._published for pair in some.seconds.items())
        return next((seconds for part, seconds in known if part in name), 8.0)


_PORTS = {
    "nginx": {80},
    "httpd": {80},
    "traefik": {80, 443, 8000, 8443, 9000, 8080},
    "redis": {6379},
    "memcached": {11211},
    "mysql": {3306},
    "postgres": {5432},
    "mongo": {27017},
    "rabbitmq": {5672},
    "couchdb": {5984},
    "zookeeper": {2181},
}


def ports(image: str) -> set[int]:
    """The ports on which the program of an official image listens unless told otherwise."""
    name = full_name(image)
    if not name.startswith("docker.io/library/"):
        return set()
    return _PORTS.get(name.removeprefix("docker.io/library/").partition(":")[0], set())
