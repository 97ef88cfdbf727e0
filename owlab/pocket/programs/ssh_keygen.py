"""`ssh-keygen`: makes keys, shows them, and forgets hosts."""

from __future__ import annotations

import base64
import hashlib
import posixpath
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.consent import agreed
from owlab.pocket.programs.options import Complaint, Options, parse

if TYPE_CHECKING:
    Key = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

FAILED = 255
CURVES: dict[int, ec.EllipticCurve] = {
    256: ec.SECP256R1(),
    384: ec.SECP384R1(),
    521: ec.SECP521R1(),
}
LEAST_RSA, MOST_RSA = 1024, 16384
WIDTH, HEIGHT = 17, 9
MARKS = " .o+=*BOX@%&#/^SE"
"""Of the picture, by how often a place was visited; the last two are where it began and ended."""


@program("ssh-keygen", machines="all")
async def keygen(call: Call) -> int:
    """Make a pair of keys: ``-t TYPE``, ``-b BITS``, ``-f FILE``, ``-C COMMENT``."""
    options = parse(call, "t:b:f:N:C:qylE:R:P:", status=1)
    if options.value("N") or options.value("P"):
        raise Complaint("ssh-keygen: the pocket lab's keys have no passphrase: -N ''\n", FAILED)
    if options.words:
        raise Complaint("Too many arguments.\n")
    if (given := options.value("E") or "sha256").lower() != "sha256":
        raise Complaint(f"ssh-keygen: the pocket lab's fingerprints are SHA256, not {given}\n")
    if options.has("R"):
        return await _forget(call, options.value("R") or "")
    kind = options.value("t") or "ed25519"
    path = call.path(options.value("f") or posixpath.join(call.home, f".ssh/id_{kind}"))
    if options.has("y") or options.has("l"):
        return await _show(call, options, path)
    key = _made(kind, options.value("b"))
    quiet = options.has("q")
    if not quiet:
        await call.out(f"Generating public/private {kind} key pair.\n")
    if call.fs.exists(path):
        await call.out(f"{path} already exists.\n")
        if not await agreed(call, "Overwrite (y/n)? "):
            return 1
    folder = posixpath.dirname(path)
    if not call.fs.exists(folder):
        call.fs.mkdir(folder, recursive=True)
        call.fs.chmod(folder, 0o700)
        if not quiet:
            await call.out(f"Created directory '{folder}'.\n")
    comment = options.value("C") or f"{call.user}@{call.machine.name}"
    public = _keep(call, key, path, comment)
    if not quiet:
        await call.out(
            f"Your identification has been saved in {path}\n"
            f"Your public key has been saved in {path}.pub\n"
            f"The key fingerprint is:\n{_fingerprint(public)} {comment}\n"
            f"The key's randomart image is:\n{picture(public)}"
        )
    return 0


def _made(kind: str, bits: str | None) -> Key:
    size = int(bits) if bits and bits.isdigit() else 0
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "ecdsa":
        if (size or 256) not in CURVES:
            raise Complaint(
                "Invalid ECDSA key length: valid lengths are 256, 384 or 521 bits\n", FAILED
            )
        return ec.generate_private_key(CURVES[size or 256])
    if kind != "rsa":
        raise Complaint(f"unknown key type {kind}\n", FAILED)
    size = size or 3072
    if size < LEAST_RSA:
        raise Complaint(f"Invalid RSA key length: minimum is {LEAST_RSA} bits\n", FAILED)
    if size > MOST_RSA:
        raise Complaint(f"Invalid RSA key length: maximum is {MOST_RSA} bits\n", FAILED)
    return rsa.generate_private_key(65537, size)


def _keep(call: Call, key: Key, path: str, comment: str) -> bytes:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    call.fs.write_file(path, private)
    call.fs.chmod(path, 0o600)
    call.fs.write_file(f"{path}.pub", public + f" {comment}\n".encode())
    return public


async def _show(call: Call, options: Options, path: str) -> int:
    named = options.value("f") or path
    public = call.read(path if path.endswith(".pub") else f"{path}.pub")
    if public is None:
        who = "" if options.has("y") else "ssh-keygen: "
        raise Complaint(f"{who}{named}: No such file or directory\n", FAILED)
    if options.has("y"):
        await call.out(public)
        return 0
    _, _, *comment = public.decode(errors="replace").split(None, 2)
    name, size = _kind(public)
    said = comment[0].strip() if comment else "no comment"
    await call.out(f"{size} {_fingerprint(public)} {said} ({name})\n")
    return 0


def _blob(public: bytes) -> bytes:
    return base64.b64decode(public.split()[1])


def _fingerprint(public: bytes) -> str:
    digest = base64.b64encode(hashlib.sha256(_blob(public)).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def _kind(public: bytes) -> tuple[str, int]:
    """What a key is called, and its bits."""
    key = serialization.load_ssh_public_key(b" ".join(public.split()[:2]))
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    return (
        ("ECDSA", key.key_size) if isinstance(key, ec.EllipticCurvePublicKey) else ("ED25519", 256)
    )


def picture(public: bytes) -> str:
    """A key as a picture: a walk over a field, two bits of its digest a step.

    Source: Loss, Limmer, von Gernler, "The drunken bishop", 2009.
    """
    field = [[0] * WIDTH for _ in range(HEIGHT)]
    x, y = WIDTH // 2, HEIGHT // 2
    for byte in hashlib.sha256(_blob(public)).digest():
        for shift in (0, 2, 4, 6):
            step = byte >> shift
            x = min(max(x + (1 if step & 1 else -1), 0), WIDTH - 1)
            y = min(max(y + (1 if step & 2 else -1), 0), HEIGHT - 1)
            field[y][x] = min(field[y][x] + 1, len(MARKS) - 3)
    field[HEIGHT // 2][WIDTH // 2] = len(MARKS) - 2
    field[y][x] = len(MARKS) - 1
    name, size = _kind(public)
    rows = ["|" + "".join(MARKS[visits] for visits in row) + "|" for row in field]
    return "\n".join([_border(f"[{name} {size}]"), *rows, _border("[SHA256]"), ""])


def _border(title: str) -> str:
    before = (WIDTH - len(title)) // 2
    return "+" + "-" * before + title + "-" * (WIDTH - len(title) - before) + "+"


async def _forget(call: Call, host: str) -> int:
    path = posixpath.join(call.home, ".ssh/known_hosts")
    content = call.read(path)
    if content is None:
        raise Complaint(f"Cannot stat {path}: No such file or directory\n", FAILED)
    lines = content.splitlines(keepends=True)
    found = [n for n, line in enumerate(lines, 1) if line.split()[:1] == [host.encode()]]
    if not found:
        await call.out(f"Host {host} not found in {path}\n")
        return 0
    call.fs.write_file(f"{path}.old", content)
    call.fs.write_file(path, b"".join(x for n, x in enumerate(lines, 1) if n not in found))
    told = "".join(f"# Host {host} found: line {n}\n" for n in found)
    await call.out(f"{told}{path} updated.\nOriginal contents retained as {path}.old\n")
    return 0
