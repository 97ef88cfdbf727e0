"""Which programs an image has: what it has not is not found there, as in life.

The lists follow the images of Docker Hub: busybox' applets, and what Debian's smallest system
(``debian:bookworm-slim``) installs. Of images that are not named here nothing is known, and
nothing is kept from them.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bashkit import CommandContext

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import images
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.tree import Tree

LISTS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(
        Path(__file__).with_name("programs.toml").read_text("utf-8")
    ).items()
}
SHELL_WORDS, RUNNABLE, UNUSABLE = LISTS["shell"], LISTS["runnable"], LISTS["unusable"]


@dataclass(frozen=True)
class Userland:
    """The programs of an image, and how its ``sh`` tells that there is none of a name."""

    names: frozenset[str]
    sh: str

    def not_found(self, shell: str, name: str, line: str = "1") -> str:
        """What a shell of the image says of a program that is not there."""
        if shell == "bash":
            return f"bash: line {line}: {name}: command not found"
        return self.sh.format(name=name, line=line)

    def in_its_words(self, shell: str, said: bytes) -> bytes:
        """What the interpreter says of a program that it does not know, as the shell says it."""
        return _UNKNOWN.sub(
            lambda m: self.not_found(shell, m[2].decode(), (m[1] or b"1").decode()).encode(), said
        )


_UNKNOWN = re.compile(
    rb"^(?:bash: )?(?:line (\d+): )?([^\s:]+): command not found(?:\. [^\n]*)?$", re.MULTILINE
)


def shell_of(words: list[str]) -> str:
    """The shell that carries out a container's words, ``sh`` unless it is bash."""
    return "bash" if words and words[0].rpartition("/")[2] == "bash" else "sh"


def _userland(*lists: str, more: str = "", sh: str = "sh: {name}: not found") -> Userland:
    names = (LISTS[name] for name in ("common", *lists))
    return Userland(frozenset(more.split()).union(*names), sh)


_DASH = "sh: {line}: {name}: not found"
_BUSYBOX = _userland("busybox")
_DEBIAN = _userland("debian", sh=_DASH)
_NOTHING = Userland(frozenset(), "")
UNKNOWN = Userland(frozenset(), "sh: {name}: not found")
"""Of an image that nothing is known of: only how its shell speaks is assumed."""

_IMAGES: tuple[tuple[str, Userland], ...] = (
    (r"docker\.io/library/busybox:.*", _BUSYBOX),
    (r"docker\.io/library/bash:.*", _userland("busybox", more="bash")),
    (r"docker\.io/curlimages/curl:.*", _userland("busybox", more="curl")),
    (r"docker\.io/nicolaka/netshoot:.*", _userland("busybox", "netshoot")),
    (
        r"docker\.io/library/(alpine:.*|(nginx|httpd|redis|python|traefik):.*alpine.*)",
        _userland("busybox", more="apk getent iconv ldd"),
    ),
    (
        r"docker\.io/(traefik/whoami|hashicorp/http-echo|library/hello-world"
        r"|rancher/mirrored-(pause|coredns-coredns|metrics-server)):.*",
        _NOTHING,
    ),
    (r"docker\.io/library/nginx:.*", _userland("debian", more="envsubst openssl", sh=_DASH)),
    (r"docker\.io/library/(httpd|redis|debian):.*", _DEBIAN),
    (r"docker\.io/library/ubuntu:.*", _userland("debian", "procps", sh=_DASH)),
)


def userland(container: Object) -> Userland | None:
    """The programs of a container's image; None of one that nothing is known of."""
    name = images.full_name(container.get("image", ""))
    return next((land for pattern, land in _IMAGES if re.fullmatch(pattern, name)), None)


ProgramCommand = Callable[[CommandContext], Awaitable[int]]


@functools.cache
def commands(
    land: Userland, own: frozenset[str], shell: str
) -> tuple[tuple[str, ProgramCommand], ...]:
    """What a shell is given in place of programs that are not there, or not here.

    :param own: the names that the lab gives the image.
    :param shell: whose words are used, ``sh`` or ``bash``.
    """
    absent = (RUNNABLE | UNUSABLE) - land.names - own - SHELL_WORDS
    lacking = land.names - RUNNABLE - own - SHELL_WORDS
    return (
        *((name, _absent(land.not_found(shell, name))) for name in sorted(absent)),
        *((name, _not_here) for name in sorted(lacking)),
    )


def _absent(said: str) -> ProgramCommand:
    async def absent(context: CommandContext) -> int:
        await context.stderr.write(f"{said}\n".encode())
        return 127

    return absent


async def _not_here(context: CommandContext) -> int:
    said = f"{context.name}: containers of the pocket lab have no such program\n"
    await context.stderr.write(said.encode())
    return 1


@functools.cache
def folder(names: frozenset[str]) -> Tree:
    """``/bin``, shared by all containers with these programs: each file runs what it is called."""
    made = Tree()
    files = Files(made)
    for name in sorted(names - {"[[", "["}):
        files.write_file(f"/{name}", f'#!/bin/sh\n{name} "$@"\n'.encode())
        files.chmod(f"/{name}", 0o755)
    return made
