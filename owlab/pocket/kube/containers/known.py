"""What well-known images start, bring along, and have in their files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import images
from owlab.pocket.kube.servers import couchdb, httpd, nginx, redis, traefik, zookeeper
from owlab.pocket.kube.servers.agnhost import agnhost
from owlab.pocket.kube.servers.echoing import echoserver, http_echo, whoami
from owlab.pocket.kube.servers.httpbin import httpbin
from owlab.pocket.kube.servers.plain_files import busybox_httpd, python_http_server
from owlab.pocket.kube.servers.setting import Server

SERVERS: dict[str, Server] = {
    "nginx": nginx.nginx,
    "httpd-foreground": httpd.httpd,
    "whoami": whoami,
    "http-echo": http_echo,
    "echoserver": echoserver,
    "agnhost": agnhost,
    "redis-server": redis.redis,
    "httpbin": httpbin,
    "traefik": traefik.traefik,
    "python3": python_http_server,
    "python": python_http_server,
    "httpd": busybox_httpd,
}
"""By the name of their program."""

_BUSYBOX = ("wget", "nc", "nslookup", "httpd", "ping", "telnet")
_EVERYTHING = ("curl", "wget", "nc", "dig", "nslookup", "host", "ping", "getent", "telnet")


@dataclass(frozen=True)
class KnownImage:
    """An image whose commands really run."""

    starts: tuple[str, ...] = ("sh",)
    """Its own command."""
    entry: tuple[str, ...] = ()
    """What stands before the words that a pod gives it."""
    programs: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    bare: bool = True
    """Words that begin with a dash belong to the image's own command."""

    def words(self, container: Object) -> list[str]:
        """What a container runs."""
        command, args = container.get("command") or [], container.get("args") or []
        if command:
            return [*command, *args]
        if self.entry:
            return [*self.entry, *(args or self.starts)]
        if args and self.bare and args[0].startswith("-"):
            return [*self.starts[:1], *args]
        return list(args or self.starts)

    def is_covered(self, container: Object) -> bool:
        """Something is mounted over the image's own files, or among them."""
        mounts = [f"{m['mountPath'].rstrip('/')}/" for m in container.get("volumeMounts") or ()]
        folders = {posixpath.dirname(path) + "/" for path in self.files}
        return any(
            folder.startswith(mount) or mount.startswith(folder)
            for mount in mounts
            for folder in folders
        )


_IMAGES: tuple[tuple[str, KnownImage], ...] = (
    (
        r"docker\.io/library/nginx:.*",
        KnownImage(
            ("nginx", "-g", "daemon off;"),
            programs=("nginx", "curl", "getent"),
            files=nginx.FILES,
        ),
    ),
    (
        r"docker\.io/library/httpd:.*",
        KnownImage(
            ("httpd-foreground",), programs=("httpd-foreground", "getent"), files=httpd.FILES
        ),
    ),
    (
        r"docker\.io/library/redis:.*",
        KnownImage(("redis-server",), programs=("redis-server", "redis-cli", "getent")),
    ),
    (r"docker\.io/traefik/whoami:.*", KnownImage((), entry=("/whoami",), programs=("whoami",))),
    (
        r"docker\.io/hashicorp/http-echo:.*",
        KnownImage((), entry=("/http-echo",), programs=("http-echo",)),
    ),
    (
        r"registry\.k8s\.io/(e2e-test-images/)?echoserver:.*",
        KnownImage(("echoserver",), programs=("echoserver", "curl")),
    ),
    (
        r"registry\.k8s\.io/(e2e-test-images/)?agnhost:.*",
        KnownImage(("pause",), entry=("/agnhost",), programs=("agnhost", *_EVERYTHING)),
    ),
    (
        r"registry\.k8s\.io/e2e-test-images/(jessie-)?dnsutils:.*|docker\.io/tutum/dnsutils:.*",
        KnownImage(programs=("dig", "nslookup", "host", "getent")),
    ),
    (r"docker\.io/(kennethreitz|kong)/httpbin:.*", KnownImage(("httpbin",), programs=("httpbin",))),
    (
        r"docker\.io/rancher/mirrored-library-traefik:.*|docker\.io/library/traefik:.*",
        KnownImage(("traefik",), programs=("traefik",)),
    ),
    (
        r"docker\.io/curlimages/curl:.*",
        KnownImage(("curl", "--help"), programs=("curl", *_BUSYBOX)),
    ),
    (r"docker\.io/nicolaka/netshoot:.*", KnownImage(programs=_EVERYTHING)),
    (r"docker\.io/library/(busybox|alpine):.*", KnownImage(programs=_BUSYBOX, bare=False)),
    (r"docker\.io/library/(ubuntu|debian|bash):.*", KnownImage(programs=("getent",), bare=False)),
)
_ALPINE = re.compile(r":.*alpine")
_PYTHON = re.compile(r"docker\.io/library/python:")

_BESIDE: tuple[tuple[str, Server], ...] = (
    (r"docker\.io/apache/couchdb:.*|docker\.io/library/couchdb:.*", couchdb.couchdb),
    (r"docker\.io/library/zookeeper:.*", zookeeper.zookeeper),
    (r"docker\.io/[\w.-]+/kafka:.*", zookeeper.kafka),
)


def known(container: Object) -> KnownImage | None:
    """What is known of a container's image, if its commands really run."""
    name = images.full_name(container.get("image", ""))
    for pattern, image in _IMAGES:
        if re.fullmatch(pattern, name):
            if _ALPINE.search(name):
                more = (*image.programs, *(p for p in _BUSYBOX if p != "httpd"))
                return KnownImage(image.starts, image.entry, more, image.files, image.bare)
            return image
    if _PYTHON.match(name) and "http.server" in " ".join(
        [*(container.get("command") or []), *(container.get("args") or [])]
    ):
        return KnownImage(("python3",), programs=("python3", "python", "curl", "wget", "getent"))
    return None


def beside(container: Object) -> Server | None:
    """What answers in place of a simulated program."""
    name = images.full_name(container.get("image", ""))
    return next((server for pattern, server in _BESIDE if re.fullmatch(pattern, name)), None)
