"""`gzip`, `bzip2`, `xz` and their other names: files compressed and put back, or a stream."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import posixpath
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, Options, parse


@dataclass(frozen=True, slots=True)
class Form:
    """One way to compress."""

    name: str
    suffix: str
    pack: Callable[[bytes, int], bytes]
    unpack: Callable[[bytes], bytes]


GZIP = Form("gzip", ".gz", lambda data, level: gzip.compress(data, level, mtime=0), gzip.decompress)
BZIP2 = Form("bzip2", ".bz2", bz2.compress, bz2.decompress)
XZ = Form("xz", ".xz", lambda data, level: lzma.compress(data, preset=level), lzma.decompress)
FORMS = {"gz": GZIP, "gunzip": GZIP, "zcat": GZIP, "gzip": GZIP}
FORMS |= {"bzip2": BZIP2, "bunzip2": BZIP2, "bzcat": BZIP2}
FORMS |= {"xz": XZ, "unxz": XZ, "xzcat": XZ}
SHORT = "cdfhklnqrtvV123456789"
LONG = "stdout to-stdout decompress uncompress force keep list quiet test verbose fast best "
LONG += "no-name recursive"
LEVELS = {"fast": "1", "best": "9"}


@program(*(name for name in FORMS if name != "gz"), machines="all")
async def compress(call: Call) -> int:
    """Compress FILEs in place, or with ``-d`` put them back; ``-c`` to standard output."""
    options = parse(call, SHORT, LONG, absent="h V")
    form = FORMS[call.name]
    to_stdout = call.name.endswith("cat") or options.has("c", "stdout", "to-stdout")
    back = call.name.endswith("cat") or call.name.startswith(("gun", "bun", "un"))
    back = back or options.has("d", "decompress", "uncompress", "t", "test")
    status = 0
    if options.has("l", "list"):
        return await _listed(call, form, options)
    deep = options.has("r", "recursive")
    for name in _below(call, options.words) if deep else options.words or ("-",):
        try:
            await _one(call, options, form, name, back=back, to_stdout=to_stdout or name == "-")
        except Complaint as complaint:
            await call.err(complaint.text)
            status = max(status, complaint.status)
    return status


def _below(call: Call, names: tuple[str, ...]) -> list[str]:
    """The files of directories, and others as they are."""
    found = []
    for name in names:
        if call.fs.is_directory(call.path(name)):
            inner = (str(entry["name"]) for entry in call.fs.read_dir(call.path(name)))
            found += _below(call, tuple(posixpath.join(name, one) for one in inner))
        else:
            found.append(name)
    return found


async def _listed(call: Call, form: Form, options: Options) -> int:
    """``-l``: sizes of compressed files."""
    if form is not GZIP:
        raise Complaint(f"{call.name}: the pocket lab's {form.name} lists no sizes\n")
    status, total, about = 0, [0, 0], 0
    head = "" if options.has("q", "quiet") else HEADING
    for name in options.words or ("-",):
        suffixed = name + form.suffix
        name = suffixed if not call.fs.exists(call.path(name)) and name != "-" else name
        try:
            content = await call.stdin() if name == "-" else call.fs.read_file(call.path(name))
        except OSError as error:
            await call.err(f"gzip: {name}: {error.strerror}\n")
            status = 1
            continue
        try:
            size = len(form.unpack(content))
        except (OSError, EOFError, ValueError, zlib.error):
            await call.err(f"\ngzip: {name}: not in gzip format\n")
            status = 1
            continue
        about = _about(content)
        shown = "stdout" if name == "-" else name[:-3]
        await call.out(head + _sizes(len(content), size, shown, about))
        head = ""
        total = [total[0] + len(content), total[1] + size]
    if len(options.words) > 1:
        await call.out(_sizes(total[0], total[1], "(totals)", about))
    return status


HEADING = "         compressed        uncompressed  ratio uncompressed_name\n"
HEAD, HAS_NAME = 18, 8


def _about(content: bytes) -> int:
    """Bytes of a gzip file that are no data, as its ratio counts: head, name and sum."""
    return HEAD + (content.index(b"\0", 10) - 9 if content[3] & HAS_NAME else 0)


def _sizes(packed: int, size: int, name: str, about: int) -> str:
    ratio = 100 * (size - (packed - about)) / size if size else 0.0
    return f"{packed:>19} {size:>19} {ratio:>5.1f}% {name}\n"


async def _one(
    call: Call, options: Options, form: Form, name: str, *, back: bool, to_stdout: bool
) -> None:
    path = call.path(name)
    who = "gzip" if form is GZIP else call.name
    if name == "-":
        content = await call.stdin()
        if not content and back:
            raise Complaint(f"\n{who}: stdin: unexpected end of file\n")
    else:
        if back and not call.fs.exists(path) and not name.endswith(form.suffix):
            name, path = name + form.suffix, path + form.suffix
        try:
            if call.fs.is_directory(path):
                raise Complaint(f"{who}: {name} is a directory -- ignored\n", 2)
            content = call.fs.read_file(path)
        except OSError as error:
            raise Complaint(f"{who}: {name}: {error.strerror}\n") from None
    testing = options.has("t", "test")
    if back and not (to_stdout or testing or name.endswith(form.suffix)):
        raise Complaint(f"{who}: {name}: unknown suffix -- ignored\n", 2)
    if not back and name.endswith(form.suffix) and not options.has("f", "force"):
        status = 0 if form is GZIP else 2
        raise Complaint(f"{who}: {name} already has {form.suffix} suffix -- unchanged\n", status)
    made = _changed(form, content, back, options, who, name)
    if options.has("t", "test"):
        return
    if to_stdout:
        await call.out(made)
        return
    target = path.removesuffix(form.suffix) if back else path + form.suffix
    if call.fs.exists(target) and not options.has("f", "force"):
        shown = name.removesuffix(form.suffix) if back else name + form.suffix
        raise Complaint(f"{who}: {shown} already exists;\tnot overwritten\n", 2)
    try:
        inode = call.fs.look(path)
        call.fs.write_file(target, made)
        call.fs.chmod(target, inode.mode)
        call.fs.touch(target, inode.modified)
        if not options.has("k", "keep"):
            call.fs.remove(path)
    except OSError as error:
        raise Complaint(f"{who}: {name}{form.suffix}: {error.strerror}\n") from None
    if options.has("v", "verbose"):
        small, large = (content, made) if back else (made, content)
        about = _about(small) if form is GZIP else 0
        saved = 100 * (1 - (len(small) - about) / len(large)) if large else 0
        doing = "replaced with" if not options.has("k", "keep") else "created"
        await call.err(f"{name}:\t{saved:5.1f}% -- {doing} {target.rpartition('/')[2]}\n")


def _changed(
    form: Form, content: bytes, back: bool, options: Options, who: str, name: str
) -> bytes:
    levels = [LEVELS.get(name, name) for name, _ in options.given]
    level = next((int(n) for n in reversed(levels) if n.isdigit()), 6 if form is not BZIP2 else 9)
    if not back and form is GZIP and name != "-" and not options.has("n", "no-name"):
        buffer = io.BytesIO()
        stem = name.rpartition("/")[2]
        with gzip.GzipFile(stem, "wb", level, buffer, mtime=0) as packed:
            packed.write(content)
        return buffer.getvalue()
    if not back:
        return form.pack(content, level)
    try:
        return form.unpack(content)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        shown = "stdin" if name == "-" else name
        raise Complaint(f"\n{who}: {shown}: not in {form.name} format\n") from None
