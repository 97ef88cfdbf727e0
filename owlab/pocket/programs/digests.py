"""``openssl rand``, ``dgst`` and ``base64``: random bytes, sums, and bytes as text."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from owlab.pocket.programs.base import Call
from owlab.pocket.programs.options import Complaint

SUMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-512")
MOST = 1 << 20
LINE = 64
VERBS = ("rand", "dgst", "base64", *SUMS)


async def digest(call: Call, verb: str, words: list[str]) -> None:
    """Carry out one of these; what it does not know is refused."""
    if verb == "rand":
        await _random(call, words)
    elif verb == "base64":
        await _base64(call, words)
    else:
        await _sums(call, words if verb == "dgst" else [f"-{verb}", *words])


def _unknown(verb: str, word: str) -> Complaint:
    return Complaint(f"openssl: the pocket lab has no `openssl {verb} {word}`\n")


async def _put(call: Call, target: str | None, data: bytes) -> None:
    if target is None:
        await call.out(data)
    else:
        call.write(call.path(target), data)


async def _random(call: Call, words: list[str]) -> None:
    form, target, count, rest = "", None, None, list(words)
    while rest:
        word = rest.pop(0)
        if word in ("-hex", "-base64"):
            form = word
        elif word == "-out" and rest:
            target = rest.pop(0)
        elif word.isdecimal():
            count = min(int(word), MOST)
        else:
            raise _unknown("rand", word)
    if count is None:
        raise Complaint("rand: Use -help for summary.\n")
    data = secrets.token_bytes(count)
    if form == "-hex":
        data = data.hex().encode() + b"\n"
    elif form == "-base64":
        data = _wrapped(base64.b64encode(data))
    await _put(call, target, data)


def _wrapped(text: bytes) -> bytes:
    lines = [text[at : at + LINE] for at in range(0, len(text), LINE)]
    return b"".join(line + b"\n" for line in lines)


async def _base64(call: Call, words: list[str]) -> None:
    back, whole, source, target, rest = False, False, None, None, list(words)
    while rest:
        word = rest.pop(0)
        if word == "-d":
            back = True
        elif word == "-A":
            whole = True
        elif word in ("-in", "-out") and rest:
            source, target = (rest.pop(0), target) if word == "-in" else (source, rest.pop(0))
        elif word != "-e":
            raise _unknown("base64", word)
    content = await call.stdin() if source is None else _content(call, source)
    if back:
        try:
            data = base64.b64decode(b"".join(content.split()))
        except ValueError:
            raise Complaint("error reading input file\n") from None
    else:
        data = base64.b64encode(content)
        data = data if whole else _wrapped(data)
    await _put(call, target, data)


def _content(call: Call, name: str) -> bytes:
    try:
        return call.fs.read_file(call.path(name))
    except OSError as error:
        raise Complaint(f'Can\'t open "{name}" for reading, {error.strerror}\n') from None


async def _sums(call: Call, words: list[str]) -> None:
    kind, key, form, coreutils, target, names, rest = "sha256", None, "hex", False, None, [], words
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word[1:] in SUMS:
            kind = word[1:]
        elif word == "-hmac" and rest:
            key = rest.pop(0).encode()
        elif word == "-binary":
            form = "binary"
        elif word == "-r":
            coreutils = True
        elif word == "-out" and rest:
            target = rest.pop(0)
        elif word.startswith("-") and word != "-hex":
            raise _unknown("dgst", word)
        elif not word.startswith("-"):
            names.append(word)
    name = kind.upper() if not kind.startswith("sha") else kind.upper().replace("SHA", "SHA2-")
    name = {"SHA2-1": "SHA1", "SHA2-3-256": "SHA3-256", "SHA2-3-512": "SHA3-512"}.get(name, name)
    out = b""
    for source in names or [""]:
        content = _content(call, source) if source else await call.stdin()
        method = kind.replace("-", "_")
        made = hmac.new(key, content, method) if key is not None else hashlib.new(method, content)
        title = f"{'HMAC-' if key is not None else ''}{name}({source or 'stdin'})= "
        if form == "binary":
            out += made.digest()
        elif coreutils:
            out += f"{made.hexdigest()} *{source or 'stdin'}\n".encode()
        else:
            out += f"{title}{made.hexdigest()}\n".encode()
    await _put(call, target, out)
