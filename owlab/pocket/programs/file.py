"""`file`: what is in a file, by its first bytes."""

from __future__ import annotations

from owlab.pocket.machines.inode import Inode
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Options, parse

MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x7fELF", "ELF 64-bit LSB executable, x86-64, version 1 (SYSV)", "application/x-executable"),
    (b"PK\x03\x04", "Zip archive data, at least v2.0 to extract", "application/zip"),
    (b"\x1f\x8b", "gzip compressed data", "application/gzip"),
    (b"BZh", "bzip2 compressed data", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "XZ compressed data", "application/x-xz"),
    (b"\x89PNG", "PNG image data", "image/png"),
    (b"\xff\xd8\xff", "JPEG image data", "image/jpeg"),
    (b"%PDF", "PDF document", "application/pdf"),
    (b"-----BEGIN CERTIFICATE", "PEM certificate", "text/plain"),
    (b"#!/bin/bash", "Bourne-Again shell script, ASCII text executable", "text/x-shellscript"),
    (b"#!/bin/sh", "POSIX shell script, ASCII text executable", "text/x-shellscript"),
    (b"#!/usr/bin/env python3", "Python script, ASCII text executable", "text/x-script.python"),
)
TAR = slice(257, 262)


@program("file", machines="all")
async def file(call: Call) -> int:
    """Tell what FILEs are; ``-b`` without their names, ``-i`` as MIME types."""
    options = parse(
        call,
        "biLhkzsE",
        "brief mime mime-type mime-encoding dereference no-dereference",
        absent="k z s E",
    )
    if not options.words:
        await call.err("Usage: file [-bcCdEhikLlNnprsSvzZ0] [--mime-type] file ...\n")
        return 1
    mime = options.has("i", "mime", "mime-type", "mime-encoding")
    width = max(len(name) for name in options.words) + 1
    for name in options.words:
        try:
            inode = call.fs.look(call.path(name), follow=_follows(options))
            about = _kind(call, inode, call.path(name), mime)
            if options.has("mime-type"):
                about = about.partition(";")[0]
            elif options.has("mime-encoding"):
                about = about.partition("charset=")[2]
        except PermissionError:
            about = "regular file, no read permission"
        except OSError as error:
            about = f"cannot open `{name}' ({error.strerror})"
        label = "" if options.has("b", "brief") else f"{name}:".ljust(width) + " "
        await call.out(f"{label}{about}\n")
    return 0


def _follows(options: Options) -> bool:
    names = ("L", "dereference", "h", "no-dereference")
    last = next((name for name, _ in reversed(options.given) if name in names), "")
    return last in ("L", "dereference")


def _kind(call: Call, inode: Inode, path: str, mime: bool) -> str:
    if inode.is_directory:
        return "inode/directory; charset=binary" if mime else "directory"
    if inode.kind == "symlink":
        broken = "" if call.fs.exists(path) else "broken "
        return (
            "inode/symlink; charset=binary" if mime else f"{broken}symbolic link to {inode.target}"
        )
    if inode.kind in ("character", "block", "fifo"):
        special = {"character": "character special", "block": "block special"}.get(inode.kind, "")
        numbers = " ({}/{})".format(*inode.device) if special else ""
        name = {"character": "chardevice", "block": "blockdevice"}.get(inode.kind, "fifo")
        shown = f"{special}{numbers}" if special else "fifo (named pipe)"
        return f"inode/{name}; charset=binary" if mime else shown
    content = call.fs.read_file(path)
    if path.startswith(("/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/")) and inode.source:
        content = b"\x7fELF"
    if not content:
        return "inode/x-empty; charset=binary" if mime else "empty"
    if content[TAR.start : TAR.stop] == b"ustar":
        return "application/x-tar; charset=binary" if mime else "POSIX tar archive (GNU)"
    for start, about, kind in MAGIC:
        if content.startswith(start):
            charset = "us-ascii" if kind.startswith("text") else "binary"
            return f"{kind}; charset={charset}" if mime else about
    try:
        content.decode("ascii")
        text, charset = "ASCII text", "us-ascii"
    except UnicodeDecodeError:
        try:
            content.decode()
            text, charset = "Unicode text, UTF-8 text", "utf-8"
        except UnicodeDecodeError:
            return "application/octet-stream; charset=binary" if mime else "data"
    kind = "text/plain"
    if content.lstrip()[:1] in (b"{", b"["):
        text, kind = "JSON text data", "application/json"
    elif content.lstrip()[:9].lower() == b"<!doctype" or content.lstrip()[:5].lower() == b"<html":
        text, kind = f"HTML document, {text}", "text/html"
    if b"\r\n" in content:
        text += ", with CRLF line terminators"
    elif b"\n" not in content and kind != "application/json":
        text += ", with no line terminators"
    return f"{kind}; charset={charset}" if mime else text
