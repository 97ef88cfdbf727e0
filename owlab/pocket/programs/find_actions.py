"""The actions of `find`: what is done with a file that was found."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Awaitable, Callable

from owlab.pocket.machines.views import ShellView
from owlab.pocket.programs.find_format import formatted, listed
from owlab.pocket.programs.find_run import FindEnd, FindRun, FoundFile, Test
from owlab.pocket.programs.options import Complaint
from owlab.pocket.programs.shells import child_of
from owlab.pocket.programs.xargs import cannot

MOST = 128 * 1024
NO_TERMINAL = "asks a terminal, which the pocket lab's find does not"

Action = Callable[[FindRun, list[str]], tuple[Test, int]]
"""Reads its words; the test, and how many they were."""
Put = Callable[[str], Awaitable[None]]


def _prints(shown: Callable[[FindRun, FoundFile, str], str], form: int, to_file: int) -> Action:
    """An action that prints.

    :param form: how many words say how.
    :param to_file: how many name a file to print to; they come first.
    """

    def make(run: FindRun, words: list[str]) -> tuple[Test, int]:
        name = f"-{'f' if to_file else ''}print{'f' if form else ''}"
        if len(words) < form + to_file:
            raise Complaint(f"find: missing argument to `{name}'\n")
        put = _file(run, words[0]) if to_file else run.call.out
        text = words[to_file] if form else ""

        async def test(one: FoundFile) -> bool:
            await put(shown(run, one, text))
            return True

        return test, form + to_file

    return make


def _file(run: FindRun, name: str) -> Put:
    path = run.call.path(name)
    if path in ("/dev/stdout", "/dev/stderr"):
        return run.call.out if path == "/dev/stdout" else run.call.err
    try:
        run.call.fs.write_file(path, b"")
    except OSError as error:
        raise Complaint(f"find: ‘{name}’: {error.strerror}\n") from None

    async def put(text: str) -> None:
        run.call.fs.append_file(path, text.encode(errors="surrogateescape"))

    return put


def _line(_run: FindRun, one: FoundFile, _form: str) -> str:
    return f"{one.name}\n"


def _ended(_run: FindRun, one: FoundFile, _form: str) -> str:
    return f"{one.name}\0"


def _delete(run: FindRun, _words: list[str]) -> tuple[Test, int]:
    run.depth_first = True

    async def test(one: FoundFile) -> bool:
        if one.name == ".":
            return True
        try:
            run.call.fs.remove(one.path)
        except OSError as error:
            await run.call.err(f"find: cannot delete ‘{one.name}’: {error.strerror}\n")
            run.status = 1
            return False
        return True

    return test, 0


def _prune(run: FindRun, _words: list[str]) -> tuple[Test, int]:
    async def test(_one: FoundFile) -> bool:
        run.prunes = True
        return True

    return test, 0


def _quit(_run: FindRun, _words: list[str]) -> tuple[Test, int]:
    async def test(_one: FoundFile) -> bool:
        raise FindEnd

    return test, 0


def _executes(*, beside: bool) -> Action:
    """``-exec``; ``beside`` the file for ``-execdir``."""

    def make(run: FindRun, words: list[str]) -> tuple[Test, int]:
        end = next(
            (
                at
                for at, word in enumerate(words)
                if word == ";" or (word == "+" and at and words[at - 1] == "{}")
            ),
            0,
        )
        if not end:
            raise Complaint(f"find: missing argument to `-exec{'dir' if beside else ''}'\n")
        commands = _Commands(run, words[:end], beside)
        if words[end] == ";":
            return commands.one, end + 1
        if sum(word == "{}" for word in words[:end]) > 1:
            raise Complaint("find: Only one instance of {} is supported with -exec ... +\n")
        run.at_end.append(commands.rest)
        return commands.many, end + 1

    return make


class _Commands:
    """The commands of one ``-exec``, in a shell of their own."""

    def __init__(self, run: FindRun, words: list[str], beside: bool) -> None:
        self._run, self._words, self._beside = run, words, beside
        self._shell: ShellView | None = None
        self._waiting: dict[str, list[str]] = {}

    async def one(self, found: FoundFile) -> bool:
        """Run it for a file."""
        folder, name = self._place(found)
        line = [word.replace("{}", name) for word in self._words]
        return await self._ran(folder, line) == 0

    async def many(self, found: FoundFile) -> bool:
        """Keep a file for the next command."""
        folder, name = self._place(found)
        names = self._waiting.setdefault(folder, [])
        names.append(name)
        if sum(map(len, names)) + len(names) > MOST:
            await self.rest()
        return True

    async def rest(self) -> None:
        """Run it for those that wait."""
        waiting, self._waiting = self._waiting, {}
        for folder, names in waiting.items():
            if await self._ran(folder, [*self._words[:-1], *names]):
                self._run.status = 1

    def _place(self, found: FoundFile) -> tuple[str, str]:
        if not self._beside:
            return "", found.name
        folder, _, name = found.path.rpartition("/")
        return folder or "/", f"./{name}" if name else "/"

    async def _ran(self, folder: str, line: list[str]) -> int:
        run = self._run
        if (problem := cannot(run.call, line[0])) is not None:
            await run.call.err(f"find: ‘{line[0]}’: {problem[0]}\n")
            return problem[1]
        self._shell = self._shell or child_of(run.call)
        text = shlex.join(line)
        if folder:
            text = f"cd {shlex.quote(posixpath.join(run.call.cwd, folder))} && {text}"
        return await self._shell.run(text, run.call.out, run.call.err, stdin=b"")


def _refused(name: str) -> Action:
    def make(_run: FindRun, words: list[str]) -> tuple[Test, int]:
        if ";" not in words:
            raise Complaint(f"find: missing argument to `{name}'\n")
        raise Complaint(f"find: {name} {NO_TERMINAL}\n")

    return make


ACTIONS: dict[str, Action] = {
    "-print": _prints(_line, 0, 0),
    "-print0": _prints(_ended, 0, 0),
    "-printf": _prints(formatted, 1, 0),
    "-ls": _prints(listed, 0, 0),
    "-fprint": _prints(_line, 0, 1),
    "-fprint0": _prints(_ended, 0, 1),
    "-fprintf": _prints(formatted, 1, 1),
    "-fls": _prints(listed, 0, 1),
    "-delete": _delete,
    "-prune": _prune,
    "-quit": _quit,
    "-exec": _executes(beside=False),
    "-execdir": _executes(beside=True),
    "-ok": _refused("-ok"),
    "-okdir": _refused("-okdir"),
}
