"""The tests of `find`: what may be asked of a file."""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime

from owlab.pocket.machines.file_status import about
from owlab.pocket.machines.inode import EXECUTE, READ, WRITE, Inode
from owlab.pocket.programs.dates import NotADate, parsed
from owlab.pocket.programs.find_run import FindRun, FoundFile, Test
from owlab.pocket.programs.modes import changed
from owlab.pocket.programs.options import Complaint
from owlab.pocket.programs.patterns import BadPattern, translated

KINDS = {"f": "file", "d": "directory", "l": "symlink", "p": "fifo", "c": "character", "b": "block"}
LETTERS = {kind: letter for letter, kind in KINDS.items()}
UNITS = {"c": 1, "w": 2, "b": 512, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30}
NUMBER = re.compile(r"([+-]?)(\d+(?:\.\d+)?)")
DAY, MINUTE = 86400.0, 60.0

Makes = Callable[[FindRun, str, str], Test]


def _test(asks: Callable[[FoundFile], bool]) -> Test:
    async def test(one: FoundFile) -> bool:
        return asks(one)

    return test


def _number(word: str, value: str) -> tuple[str, float]:
    found = NUMBER.fullmatch(value)
    if found is None:
        raise Complaint(f"find: invalid argument `{value}' to `{word}'\n")
    return found[1], float(found[2])


def _compared(sign: str, wanted: float, value: float) -> bool:
    return value > wanted if sign == "+" else value < wanted if sign == "-" else value == wanted


def _count(of: Callable[[FoundFile], float]) -> Makes:
    def make(_run: FindRun, word: str, value: str) -> Test:
        sign, wanted = _number(word, value)
        return _test(lambda one: _compared(sign, wanted, of(one)))

    return make


def _age(of: Callable[[Inode], float], unit: float) -> Makes:
    def make(run: FindRun, word: str, value: str) -> Test:
        sign, wanted = _number(word, value)
        now = run.now

        def asks(one: FoundFile) -> bool:
            age = (now - of(one.inode)) / unit
            # Days are counted whole; minutes are rounded up.
            whole = math.floor(age) if unit == DAY else math.ceil(age)
            return _compared(sign, wanted, whole)

        return _test(asks)

    return make


def _modified(inode: Inode) -> float:
    return inode.modified


def _changed(inode: Inode) -> float:
    return inode.changed or inode.modified


def _glob(of: Callable[[FoundFile], str], *, small: bool) -> Makes:
    def make(_run: FindRun, _word: str, value: str) -> Test:
        flags = re.IGNORECASE if small else 0
        pattern = re.compile(fnmatch.translate(value.replace("[^", "[!")), flags)
        return _test(lambda one: pattern.match(of(one)) is not None)

    return make


def base(one: FoundFile) -> str:
    """The last part of a file's name."""
    return one.name.rstrip("/").rpartition("/")[2] or one.name[:1]


def _target(one: FoundFile) -> str:
    return one.inode.target if one.inode.kind == "symlink" else ""


def _regular(run: FindRun, word: str, value: str) -> Test:
    extended = run.regular in (
        "posix-extended",
        "posix-egrep",
        "egrep",
        "awk",
        "posix-awk",
        "gnu-awk",
    )
    if run.regular in ("emacs", "findutils-default"):
        # As basic ones, but `+` and `?` repeat by themselves.
        value = re.sub(r"(\\.|\[[^]]*\])|([+?])", lambda m: m[1] or f"\\{m[2]}", value)
    try:
        pattern = re.compile(translated(value, extended=extended), re.I if word == "-iregex" else 0)
    except (BadPattern, re.error) as error:
        raise Complaint(
            f"find: failed to compile regular expression '{value}': {error}\n"
        ) from None
    return _test(lambda one: pattern.fullmatch(one.name) is not None)


def _type(run: FindRun, word: str, value: str) -> Test:
    letters = value.split(",")
    for letter in letters:
        if len(letter) > 1:
            raise Complaint(f"find: Must separate multiple arguments to {word} using: ','\n")
        if letter not in (*KINDS, "s", "D"):
            raise Complaint(f"find: Unknown argument to {word}: {letter}\n")
    kinds = {KINDS.get(letter, "") for letter in letters}
    if word == "-type":
        return _test(lambda one: one.inode.kind in kinds)

    def asks(one: FoundFile) -> bool:
        try:
            return run.call.fs.look(one.path, follow=run.follows != "L").kind in kinds
        except OSError:
            return "symlink" in kinds

    return _test(asks)


def _size(_run: FindRun, word: str, value: str) -> Test:
    unit = value[-1:] if value[-1:] in UNITS else "b"
    number = value.removesuffix(unit)
    if not NUMBER.fullmatch(number):
        raise Complaint(f"find: invalid {word} type `{value[-1:]}'\n")
    sign, wanted = _number(word, number)
    size = UNITS[unit]
    return _test(lambda one: _compared(sign, wanted, -(-one.inode.size // size)))


def _perm(_run: FindRun, _word: str, value: str) -> Test:
    how = value[0] if value[:1] in ("-", "/") else ""
    wanted = changed(0, value[len(how) :], directory=False, umask=0)
    if wanted is None:
        raise Complaint(f"find: invalid mode ‘{value}’\n")

    def asks(one: FoundFile) -> bool:
        mode = one.inode.mode & 0o7777
        if how == "/":
            return bool(mode & wanted) or not wanted
        return mode & wanted == wanted if how else mode == wanted

    return _test(asks)


def _owner(run: FindRun, _word: str, value: str) -> Test:
    user = run.call.machine.accounts.user(value)
    if user is None and not value.isdecimal():
        raise Complaint(f"find: ‘{value}’ is not the name of a known user\n")
    uid = user.uid if user is not None else int(value)
    return _test(lambda one: one.inode.uid == uid)


def _group(run: FindRun, _word: str, value: str) -> Test:
    group = run.call.machine.accounts.group(value)
    if group is None and not value.isdecimal():
        raise Complaint(f"find: ‘{value}’ is not the name of an existing group\n")
    gid = group.gid if group is not None else int(value)
    return _test(lambda one: one.inode.gid == gid)


def _reference(run: FindRun, value: str) -> Inode:
    try:
        return run.call.fs.look(run.call.path(value), follow=run.follows != "P")
    except OSError as error:
        raise Complaint(f"find: ‘{value}’: {error.strerror}\n") from None


def newer(run: FindRun, word: str, value: str) -> Test:
    """``-newerXY``: the letters say which times are compared."""
    mine, other = word[-2], word[-1]
    if mine not in "aBcm" or other not in "aBcmt":
        raise Complaint(f"find: invalid predicate `{word}'\n")
    times = {"a": _modified, "m": _modified, "c": _changed, "B": _changed}
    if other == "t":
        now = datetime.fromtimestamp(run.now, UTC)
        try:
            since = parsed(value, now).timestamp()
        except NotADate:
            raise Complaint(
                f"find: I cannot figure out how to interpret ‘{value}’ as a date or time\n"
            ) from None
    else:
        since = times[other](_reference(run, value))
    return _test(lambda one: times[mine](one.inode) > since)


def _newer(makes: str) -> Makes:
    return lambda run, _word, value: newer(run, makes, value)


def _same(run: FindRun, _word: str, value: str) -> Test:
    inode = _reference(run, value)
    return _test(lambda one: one.inode is inode)


def _system(run: FindRun, _word: str, value: str) -> Test:
    return _test(lambda one: run.system_of(one.path) == value)


def _may(bits: int) -> Makes:
    return lambda run, _word, _value: _test(lambda one: run.call.fs.allows(one.path, bits))


def _simply(asks: Callable[[FindRun, FoundFile], bool]) -> Makes:
    return lambda run, _word, _value: _test(lambda one: asks(run, one))


def _empty(_run: FindRun, one: FoundFile) -> bool:
    if one.inode.is_directory:
        return not one.inode.names()
    return one.inode.kind == "file" and not one.inode.size


def _nobody(run: FindRun, one: FoundFile) -> bool:
    return run.call.machine.accounts.user(one.inode.uid) is None


def _no_group(run: FindRun, one: FoundFile) -> bool:
    return run.call.machine.accounts.group(one.inode.gid) is None


def links(one: FoundFile) -> int:
    """The names that it has."""
    return int(about(one.inode)["links"])


def _context(_run: FindRun, _word: str, _value: str) -> Test:
    raise Complaint("find: invalid predicate -context: SELinux is not enabled.\n")


def _whole(one: FoundFile) -> str:
    return one.name


TESTS: dict[str, tuple[Makes, bool]] = {
    "-name": (_glob(base, small=False), True),
    "-iname": (_glob(base, small=True), True),
    **dict.fromkeys(["-path", "-wholename"], (_glob(_whole, small=False), True)),
    **dict.fromkeys(["-ipath", "-iwholename"], (_glob(_whole, small=True), True)),
    "-lname": (_glob(_target, small=False), True),
    "-ilname": (_glob(_target, small=True), True),
    "-regex": (_regular, True),
    "-iregex": (_regular, True),
    "-type": (_type, True),
    "-xtype": (_type, True),
    "-size": (_size, True),
    "-perm": (_perm, True),
    "-user": (_owner, True),
    "-group": (_group, True),
    "-newer": (_newer("-newermm"), True),
    "-anewer": (_newer("-neweram"), True),
    "-cnewer": (_newer("-newercm"), True),
    "-samefile": (_same, True),
    "-fstype": (_system, True),
    "-context": (_context, True),
    "-mtime": (_age(_modified, DAY), True),
    "-atime": (_age(_modified, DAY), True),
    "-ctime": (_age(_changed, DAY), True),
    "-mmin": (_age(_modified, MINUTE), True),
    "-amin": (_age(_modified, MINUTE), True),
    "-cmin": (_age(_changed, MINUTE), True),
    "-used": (
        _count(lambda one: max(0, (one.inode.modified - _changed(one.inode)) // DAY)),
        True,
    ),
    "-links": (_count(links), True),
    "-inum": (_count(lambda one: one.inode.number), True),
    "-uid": (_count(lambda one: one.inode.uid), True),
    "-gid": (_count(lambda one: one.inode.gid), True),
    "-readable": (_may(READ), False),
    "-writable": (_may(WRITE), False),
    "-executable": (_may(EXECUTE), False),
    "-empty": (_simply(_empty), False),
    "-nouser": (_simply(_nobody), False),
    "-nogroup": (_simply(_no_group), False),
    "-true": (_simply(lambda _run, _one: True), False),
    "-false": (_simply(lambda _run, _one: False), False),
}
"""What makes each test, and whether a word follows it."""
