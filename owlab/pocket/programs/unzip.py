"""`unzip` and `zipinfo -1`: archives in the real format, with Info-ZIP's words."""

from __future__ import annotations

import fnmatch
import getopt
import io
import posixpath
import stat
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from owlab.pocket.machines.apt_packages import installed
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import refuse

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

WARNED, MISSING, BROKEN, USAGE, UNMATCHED = 1, 9, 9, 10, 11
USAGE_TEXT = "Usage: unzip [-Z] [-opts[modifiers]] file[.zip] [list] [-x xlist] [-d exdir]\n"
VERBOSE = " Length   Method    Size  Cmpr    Date    Time   CRC-32   Name\n"
VERBOSE += "--------  ------  ------- ---- ---------- ----- --------  ----\n"
LINE = "---------  ---------- -----   ----\n"


def unzip_installed(machine: Machine) -> bool:
    """The package is there; a laptop has it."""
    return machine.is_host or "unzip" in installed(machine)


@program("unzip", machines="all", installed=unzip_installed)
async def unzip(call: Call) -> int:
    """Extract an archive, or ``-l`` list it; ``-d DIR``, ``-o``, ``-n``, ``-p``, ``-q``, ``-j``."""
    try:
        options, words, skipped = _parse(call.argv)
    except getopt.GetoptError as error:
        await call.err(f"error:  invalid option -- '{error.opt}'\n{USAGE_TEXT}")
        return USAGE
    given = dict(options)
    refuse("unzip", options, "a L K X", USAGE)
    if not words:
        await call.out(USAGE_TEXT)
        return 0 if not call.argv else USAGE
    name, *members = words
    read = await _open(call, name)
    if isinstance(read, int):
        return read
    archive, shown = read
    folds = "-C" in given

    def fits(name: str, pattern: str) -> bool:
        if folds:
            name, pattern = name.casefold(), pattern.casefold()
        return fnmatch.fnmatchcase(name, pattern)

    chosen = [
        info
        for info in archive.infolist()
        if (not members or any(fits(info.filename, m) for m in members))
        and not any(fits(info.filename, m) for m in skipped)
    ]
    unmatched = [m for m in members if not any(fits(i.filename, m) for i in archive.infolist())]
    if "-Z" in given or "-1" in given:
        await call.out("".join(f"{info.filename}\n" for info in chosen))
        return 0
    if "-l" in given or "-v" in given:
        await call.out((_told if "-v" in given else _listed)(shown, chosen))
        return UNMATCHED if members and not chosen else 0
    if "-p" in given or "-c" in given:
        for info in chosen:
            await call.out(archive.read(info))
        for one in unmatched:
            await call.err(f"caution: filename not matched:  {one}\n")
        return UNMATCHED if unmatched else 0
    quiet = "-q" in given
    await call.out("" if quiet else f"Archive:  {shown}\n")
    if "-t" in given:
        for info in chosen:
            archive.read(info)
            await call.out("" if quiet else f"    testing: {info.filename:<22}   OK\n")
        await call.out(f"No errors detected in compressed data of {shown}.\n")
        return 0
    status = await _extract(call, archive, chosen, given)
    for one in unmatched:
        await call.err(f"caution: filename not matched:  {one}\n")
        status = status or UNMATCHED
    return status


def _parse(argv: list[str]) -> tuple[list[tuple[str, str]], list[str], list[str]]:
    words, skipped = list(argv), []
    if "-x" in words:
        at = words.index("-x")
        end = next((i for i in range(at + 1, len(words)) if words[i][:1] == "-"), len(words))
        skipped = words[at + 1 : end]
        del words[at:end]
    options, names = getopt.gnu_getopt(words, "lvtpcqonjd:uaZ1CLKXf")
    return options, names, skipped


async def _open(call: Call, name: str) -> tuple[zipfile.ZipFile, str] | int:
    for candidate in (name, f"{name}.zip", f"{name}.ZIP"):
        content = call.read(call.path(candidate))
        if content is None:
            continue
        try:
            return zipfile.ZipFile(io.BytesIO(content)), candidate
        except zipfile.BadZipFile:
            await call.err(
                f"Archive:  {candidate}\n"
                "  End-of-central-directory signature not found.  Either this file is not\n"
                "  a zipfile, or it constitutes one disk of a multi-part archive.  In the\n"
                "  latter case the central directory and zipfile comment will be found on\n"
                "  the last disk(s) of this archive.\n"
                f"unzip:  cannot find zipfile directory in one of {name} or\n"
                f"        {name}.zip, and cannot find {name}.ZIP, period.\n"
            )
            return BROKEN
    await call.err(f"unzip:  cannot find or open {name}, {name}.zip or {name}.ZIP.\n")
    return MISSING


def _listed(shown: str, chosen: list[zipfile.ZipInfo]) -> str:
    text = f"Archive:  {shown}\n  Length      Date    Time    Name\n{LINE}"
    for info in chosen:
        year, month, day, hour, minute, _ = info.date_time
        when = f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"
        text += f"{info.file_size:>9}  {when}   {info.filename}\n"
    count, total = len(chosen), sum(info.file_size for info in chosen)
    files = f"{count} file{'' if count == 1 else 's'}"
    return f"{text}---------                     -------\n{total:>9}                     {files}\n"


def _told(shown: str, chosen: list[zipfile.ZipInfo]) -> str:
    """``-v``: how each member is packed."""
    text = f"Archive:  {shown}\n{VERBOSE}"
    for info in chosen:
        method = "Stored" if info.compress_type == zipfile.ZIP_STORED else "Defl:N"
        text += f"{info.file_size:>8}  {method}  {info.compress_size:>7} {_saved([info])} "
        year, month, day, hour, minute, _ = info.date_time
        text += f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} "
        text += f"{info.CRC:08x}  {info.filename}\n"
    count, total = len(chosen), sum(info.file_size for info in chosen)
    packed = sum(info.compress_size for info in chosen)
    files = f"{count} file{'' if count == 1 else 's'}"
    line = f"--------          -------  ---{' ' * 28}-------\n"
    return f"{text}{line}{total:>8}         {packed:>8} {_saved(chosen)}{' ' * 28}{files}\n"


def _saved(members: list[zipfile.ZipInfo]) -> str:
    size = sum(info.file_size for info in members)
    packed = sum(info.compress_size for info in members)
    return f"{100 * (size - packed) / size if size else 0:3.0f}%"


async def _extract(
    call: Call,
    archive: zipfile.ZipFile,
    chosen: list[zipfile.ZipInfo],
    given: dict[str, str],
) -> int:
    quiet, status = "-q" in given, 0
    folder = given.get("-d", "")
    links = []
    for info in chosen:
        name = posixpath.basename(info.filename.rstrip("/")) if "-j" in given else info.filename
        parts = [part for part in name.split("/") if part not in ("", ".", "..")]
        shown = posixpath.join(folder, "/".join(parts))
        path = call.path(shown)
        mode = info.external_attr >> 16
        if info.is_dir():
            if "-j" not in given and not call.fs.is_directory(path):
                call.fs.mkdir(path, recursive=True)
                await call.out("" if quiet else f"   creating: {shown}/\n")
            continue
        there = call.fs.exists(path)
        if not there and "-f" in given:
            continue
        moment = datetime(*info.date_time, tzinfo=UTC).timestamp()
        if there and {"-u", "-f"} & set(given) and call.fs.look(path).modified >= moment:
            continue
        if there and "-o" not in given:
            if "-n" not in given:
                # Nobody is there to answer; Info-ZIP takes the end of its input for a no.
                await call.err(
                    f"replace {shown}? [y]es, [n]o, [A]ll, [N]one, [r]ename:  NULL\n"
                    '(EOF or read error, treating as "[N]one" ...)\n'
                )
                given["-n"] = ""
                status = WARNED
            continue
        call.fs.mkdir(posixpath.dirname(path), recursive=True)
        content = archive.read(info)
        if stat.S_ISLNK(mode):
            target = content.decode(errors="replace")
            call.fs.symlink(target, path)
            links.append((shown, target))
            await call.out("" if quiet else f"    linking: {shown:<22}  -> {target} \n")
            continue
        call.fs.write_file(path, content)
        if mode:
            call.fs.chmod(path, mode & 0o777)
        call.fs.touch(path, moment)
        doing = " extracting" if info.compress_type == zipfile.ZIP_STORED else "  inflating"
        await call.out("" if quiet else f"{doing}: {shown:<22}  \n")
    if links and not quiet:
        await call.out("finishing deferred symbolic links:\n")
        for shown, target in links:
            await call.out(f"  {shown:<22} -> {target}\n")
    return status
