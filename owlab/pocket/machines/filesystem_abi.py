"""Our file system under bashkit: its binary interface for foreign file systems, in ctypes.

bashkit takes a file system as a capsule ``bashkit.FileSystem.v1``: a table of C functions and a
pointer that it passes to each. Here the pointer is a number, and the functions call the
:class:`Files` of that number. They are called from bashkit's threads, and take Python's lock.
"""

from __future__ import annotations

import ctypes
import errno
import itertools
import logging
import posixpath
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, Structure, addressof, c_void_p
from typing import Any

from bashkit import FileSystem

from owlab.pocket.bash.sentences import without_guess
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import EXECUTE, READ, WRITE, Inode
from owlab.pocket.machines.tree import failure

log = logging.getLogger(__name__)

CAPSULE = b"bashkit.FileSystem.v1"
VERSION = 1
OK, FAILED = 0, 1
KINDS = {"file": 0, "directory": 1, "symlink": 2, "fifo": 3, "character": 3, "block": 3}
"""A device is no file, and bashkit knows of none."""
ERRORS: tuple[tuple[type[BaseException], int], ...] = (
    (FileNotFoundError, 1),
    (FileExistsError, 2),
    (PermissionError, 3),
    (IsADirectoryError, 5),
    (NotADirectoryError, 6),
)


class _Span(Structure):
    """Bytes: where and how many."""

    _fields_ = [("pointer", c_void_p), ("length", ctypes.c_size_t)]


class _Error(Structure):
    _fields_ = [("kind", ctypes.c_uint32), ("message", _Span)]


class _Metadata(Structure):
    _fields_ = [
        ("kind", ctypes.c_uint8),
        ("reserved", ctypes.c_uint8 * 7),
        ("size", ctypes.c_uint64),
        ("mode", ctypes.c_uint32),
        ("modified", ctypes.c_int64),
        ("modified_nanos", ctypes.c_uint32),
        ("created", ctypes.c_int64),
        ("created_nanos", ctypes.c_uint32),
    ]


class _Entry(Structure):
    _fields_ = [("name", _Span), ("metadata", _Metadata)]


_I, _S, _E = c_void_p, _Span, POINTER(_Error)
_SPAN, _STAT = POINTER(_Span), POINTER(_Metadata)
SIGNATURES: dict[str, tuple[Any, ...]] = {
    "read_file": (_I, _S, _SPAN, _E),
    "write_file": (_I, _S, _S, _E),
    "append_file": (_I, _S, _S, _E),
    "mkdir": (_I, _S, ctypes.c_bool, _E),
    "remove": (_I, _S, ctypes.c_bool, _E),
    "stat": (_I, _S, _STAT, _E),
    "read_dir": (_I, _S, _SPAN, _E),
    "exists": (_I, _S, POINTER(ctypes.c_bool), _E),
    "rename": (_I, _S, _S, _E),
    "copy": (_I, _S, _S, _E),
    "symlink": (_I, _S, _S, _E),
    "read_link": (_I, _S, _SPAN, _E),
    "chmod": (_I, _S, ctypes.c_uint32, _E),
}
"""The table's functions in its order; two more, which free memory, follow."""

_TYPES = {name: CFUNCTYPE(ctypes.c_uint32, *words) for name, words in SIGNATURES.items()}
_FREE = CFUNCTYPE(None, _I, _S)
_COUNT = CFUNCTYPE(None, _I)


class _Table(Structure):
    _fields_ = [*_TYPES.items(), ("free_bytes", _FREE), ("free_dir_entries", _FREE)]


class _Handle(Structure):
    _fields_ = [
        ("version", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("instance", c_void_p),
        ("retain", _COUNT),
        ("release", _COUNT),
        ("table", POINTER(_Table)),
    ]


_numbers = itertools.count(1)
_files: dict[int, Files] = {}
_holders: dict[int, int] = {}
_lent: dict[int, Any] = {}
"""Memory that bashkit reads now, by its address."""


def mountable(files: Files) -> FileSystem:
    """A file system that bashkit can mount, which is ``files``."""
    number = next(_numbers)
    _files[number], _holders[number] = files, 0
    handle = _Handle(VERSION, 0, number, _RETAIN, _RELEASE, ctypes.pointer(_TABLE))
    capsule = _new_capsule(addressof(handle), CAPSULE, None)
    # What is in the handle is copied while the capsule is read.
    return FileSystem.from_capsule(capsule)


_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [c_void_p, ctypes.c_char_p, c_void_p]


def _retain(number: int) -> None:
    _holders[number] += 1


def _release(
    number: int, holders: dict[int, int] = _holders, files: dict[int, Files] = _files
) -> None:
    """With tables of its own: this module's names may go before the last shell, as Python ends."""
    holders[number] -= 1
    if not holders[number]:
        del holders[number], files[number]


def _lend(span: Any, data: bytes) -> None:
    if not data:
        span.pointer, span.length = None, 0
        return
    buffer = ctypes.create_string_buffer(data, len(data))
    span.pointer, span.length = addressof(buffer), len(data)
    _lent[addressof(buffer)] = buffer


def _free_bytes(_number: int, span: Any) -> None:
    _lent.pop(span.pointer, None)


def _free_entries(_number: int, span: Any) -> None:
    for entry in _lent.pop(span.pointer, ()):
        _lent.pop(entry.name.pointer, None)


def _text(span: Any) -> str:
    return _bytes(span).decode(errors="surrogateescape")


def _bytes(span: Any) -> bytes:
    return ctypes.string_at(span.pointer, span.length) if span.length else b""


def _mode(files: Files, inode: Inode) -> int:
    """The mode as this user meets it: bashkit asks for any r, w or x, whoever's it is."""
    mode = inode.mode
    for bit in (READ, WRITE, EXECUTE):
        anyone = bit * 0o111
        if not inode.allows(files.who, bit):
            mode &= ~anyone
        elif not mode & anyone:
            mode |= bit << 6
    return mode


def _printed(span: Any) -> bytes:
    return without_guess(_bytes(span))


def _describe(files: Files, metadata: Any, inode: Inode) -> None:
    metadata.kind = KINDS[inode.kind]
    # bashkit reads no file of which it is told that nothing is in it.
    metadata.size = len(inode.read()) if inode.source and inode.kind == "file" else inode.size
    metadata.mode = _mode(files, inode)
    metadata.modified, part = divmod(int(inode.modified * 1e9), 10**9)
    metadata.modified_nanos = part
    metadata.created, metadata.created_nanos = metadata.modified, part


def _read_file(files: Files, path: object, out: Any) -> None:
    _lend(out[0], files.read_file(_text(path)))


def _stat(files: Files, path: object, out: Any) -> None:
    name = _text(path)
    inode = files.look(name, follow=False)
    # `cd` only asks what is there: nobody may go where they could do nothing.
    if inode.is_directory and not inode.allows(files.who, EXECUTE):
        raise failure(errno.EACCES, name)
    _describe(files, out[0], inode)


def _read_dir(files: Files, path: Any, out: Any) -> None:
    folder = _text(path)
    found = [str(entry["name"]) for entry in files.read_dir(folder)]
    rows = (_Entry * len(found))()
    for row, name in zip(rows, found, strict=True):
        _lend(row.name, name.encode(errors="replace"))
        _describe(files, row.metadata, files.look(posixpath.join(folder, name), follow=False))
    out[0].pointer, out[0].length = (addressof(rows) if found else None), len(found)
    if found:
        _lent[addressof(rows)] = rows


def _exists(files: Files, path: Any, out: Any) -> None:
    try:
        files.look(_text(path), follow=False)
        out[0] = True
    except OSError:
        out[0] = False


def _read_link(files: Files, path: object, out: Any) -> None:
    _lend(out[0], files.read_link(_text(path)).encode())


_CALLS: dict[str, Callable[..., None]] = {
    "read_file": _read_file,
    "write_file": lambda files, path, data: files.write_file(_text(path), _printed(data)),
    "append_file": lambda files, path, data: files.append_file(_text(path), _printed(data)),
    "mkdir": lambda files, path, deep: files.mkdir(_text(path), recursive=deep),
    "remove": lambda files, path, deep: files.remove(_text(path), recursive=deep),
    "stat": _stat,
    "read_dir": _read_dir,
    "exists": _exists,
    "rename": lambda files, old, new: files.rename(_text(old), _text(new)),
    "copy": lambda files, old, new: files.copy(_text(old), _text(new)),
    "symlink": lambda files, target, link: files.symlink(_text(target), _text(link)),
    "read_link": _read_link,
    "chmod": lambda files, path, mode: files.chmod(_text(path), mode),
}


def _guarded(name: str) -> Any:
    """The C function of a call: no exception may leave it."""
    act = _CALLS[name]

    def call(number: int, *words: Any) -> int:
        error = words[-1]
        try:
            act(_files[number], *words[:-1])
        except Exception as failed:
            if not isinstance(failed, OSError):
                log.exception("%s failed in a machine's file system", name)
            if error:
                kind = next((k for cls, k in ERRORS if isinstance(failed, cls)), 0)
                error[0].kind = kind
                why = getattr(failed, "strerror", None) or "Input/output error"
                _lend(error[0].message, why.encode())
            return FAILED
        return OK

    return _TYPES[name](call)


_RETAIN, _RELEASE = _COUNT(_retain), _COUNT(_release)
_TABLE = _Table(*(_guarded(name) for name in SIGNATURES), _FREE(_free_bytes), _FREE(_free_entries))
# Never freed: a shell that is freed while Python ends calls them, and would call what is gone.
for _kept in (_RETAIN, _RELEASE, _TABLE):
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(_kept))
