"""The pocket lab's map of the internet: a handful of addresses, and what they hold.

Nothing here is downloaded. What an address holds is our own text, made to behave as the real
thing does where the course meets it. An address that is not on the map does not resolve.
"""

from __future__ import annotations

import functools
import io
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from owlab.pocket.charts import archive_name, chart_archive, git_tree, repo_index

K3S_SCRIPT = b"""\
#!/bin/sh
# K3s install script of the owlab pocket lab. This is not K3s' own script: it hands over to the
# lab's simulated installer, which understands the same variables (INSTALL_K3S_VERSION,
# INSTALL_K3S_CHANNEL, INSTALL_K3S_EXEC, INSTALL_K3S_MIRROR, INSTALL_K3S_MIRROR_URL,
# INSTALL_K3S_SKIP_START, INSTALL_K3S_SKIP_ENABLE, K3S_URL, K3S_TOKEN, K3S_TOKEN_FILE) and the
# same arguments. On real machines use https://get.k3s.io itself.
k3s-pocket-installer "$@"
"""

K3S_SCRIPTS = {
    "https://get.k3s.io/",
    "http://get.k3s.io/",
    "https://rancher-mirror.rancher.cn/k3s/k3s-install.sh",
    "http://rancher-mirror.rancher.cn/k3s/k3s-install.sh",
    "https://rancher-mirror.oss-cn-beijing.aliyuncs.com/k3s/k3s-install.sh",
    "https://raw.githubusercontent.com/k3s-io/k3s/master/install.sh",
}

WSK_VERSIONS = ("latest", "1.2.0")
WSK_BINARY = b"""\
#!/bin/bash
# wsk 1.2.0, the OpenWhisk command line of the owlab pocket lab (not the binary of the OpenWhisk
# project).
__owlab_run wsk "$@"
"""
"""What the archive holds as ``wsk``: the command works where this file is installed."""

PROVISIONER_REPOSITORY = "https://kubernetes-sigs.github.io/nfs-subdir-external-provisioner/"
PROVISIONER = "nfs-subdir-external-provisioner"

CHART_REPOSITORY = "https://github.com/apache/openwhisk-deploy-kube"
CHART_COMMIT = "108f327580f04c51dc4b29ac0beff024cfd6f2f9"

STAMP = datetime(2024, 7, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answers."""

    content: bytes
    media_type: str = "application/octet-stream"
    status: int = 200
    location: str = ""  # of a redirect


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository on the map: one commit, as a tree of files."""

    url: str
    branch: str
    commit: str
    subject: str
    author: str
    date: datetime
    files: Callable[[], Mapping[str, bytes]]


def hosts() -> set[str]:
    """Host names that resolve."""
    return {
        *(urlsplit(url).hostname or "" for url in K3S_SCRIPTS),
        "github.com",
        "objects.githubusercontent.com",
        "raw.githubusercontent.com",
        "kubernetes-sigs.github.io",
    }


def address_of(host: str) -> str | None:
    """An address for a name on the map, of those that are kept free for examples (RFC 5737)."""
    known = sorted(hosts())
    return f"203.0.113.{known.index(host) + 10}" if host in known else None


def fetch(url: str) -> Page | None:
    """What ``url`` holds; a 404 page on a known host; None where the host does not resolve."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or (parts.hostname or "").lower() not in hosts():
        return None
    plain = f"{parts.scheme}://{parts.hostname}{parts.path or '/'}"
    if plain in K3S_SCRIPTS:
        return Page(K3S_SCRIPT, "text/x-sh")
    secure = "https://" + plain.split("://", 1)[1]
    if parts.scheme == "http":
        return Page(b"", status=301, location=secure)
    found = _wsk(secure) or _charts(secure)
    return found or Page(b"404: Not Found\n", "text/plain", status=404)


def repository(url: str) -> Repository | None:
    """The git repository at ``url``, or None."""
    plain = url.removesuffix("/").removesuffix(".git")
    if plain != CHART_REPOSITORY:
        return None
    return Repository(
        CHART_REPOSITORY + ".git",
        "master",
        CHART_COMMIT,
        "Chart 1.0.1, as the pocket lab's own text",
        "owlab pocket lab <pocket@localhost>",
        STAMP,
        git_tree,
    )


def wsk_installed(path_content: bytes | None) -> bool:
    """A file's content is the archive's ``wsk``."""
    return (path_content or b"").startswith(WSK_BINARY.partition(b"\n# project")[0][:60])


@functools.cache
def _wsk(url: str) -> Page | None:
    base = "https://github.com/apache/openwhisk-cli/releases/download/"
    for version in WSK_VERSIONS:
        for machine in ("amd64", "arm64"):
            if url == f"{base}{version}/OpenWhisk_CLI-{version}-linux-{machine}.tgz":
                readme = b"# wsk of the owlab pocket lab\n\nOur own text, not the project's.\n"
                files = {
                    "README.md": (readme, 0o644),
                    "wsk": (WSK_BINARY, 0o755),
                }
                return Page(_archive(files), "application/gzip")
    return None


@functools.cache
def _charts(url: str) -> Page | None:
    if not url.startswith(PROVISIONER_REPOSITORY):
        return None
    rest = url.removeprefix(PROVISIONER_REPOSITORY)
    if rest == "index.yaml":
        return Page(repo_index(PROVISIONER_REPOSITORY, (PROVISIONER,)), "text/yaml")
    if rest == archive_name(PROVISIONER):
        return Page(chart_archive(PROVISIONER), "application/gzip")
    return None


def _archive(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    """A gzipped tar, the same bytes each time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
        for name, (content, mode) in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(content), mode, int(STAMP.timestamp())
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
