"""`find`: walk through directories, and ask of each file what the expression asks."""

from __future__ import annotations

import posixpath
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from owlab.pocket.machines.inode import EXECUTE, READ, Inode
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.find_expression import expression
from owlab.pocket.programs.find_run import FindEnd, FindRun, FoundFile

LEVELS = ("-O0", "-O1", "-O2", "-O3")


@program("find", machines="all")
async def find(call: Call) -> int:
    """Files below directories that pass tests; GNU's tests and actions, without ``-ok``."""
    words = list(call.argv)
    run = FindRun(call)
    while words and words[0] in ("-H", "-L", "-P", *LEVELS):
        flag = words.pop(0)
        run.follows = flag[1] if flag in ("-H", "-L", "-P") else run.follows
    starts: list[str] = []
    while words and not _begins(words[0]):
        starts.append(words.pop(0))
    test = expression(run, words)
    try:
        for start in starts or ["."]:
            async for one in _Walk(run, start).files():
                run.prunes = False
                await test(one)
    except FindEnd:
        pass
    for last in run.at_end:
        await last()
    return run.status


def _begins(word: str) -> bool:
    """The expression begins with it."""
    return word in ("(", "!") or (word.startswith("-") and len(word) > 1)


@dataclass
class _Walk:
    """Through one starting point."""

    run: FindRun
    start: str
    above: list[Inode] = field(default_factory=list)

    async def files(self) -> AsyncIterator[FoundFile]:
        """It, and what is below."""
        path = self.run.call.path(self.start)
        try:
            # A slash behind a link means what it leads to.
            slash = self.start.endswith("/")
            inode = self.run.call.fs.look(path) if slash else self._look(path, given=True)
        except OSError as error:
            await self.run.trouble(self.start, error.strerror or "")
            return
        first = FoundFile(self.start, path, inode, 0, self.start)
        async for one in self._below(first):
            yield one

    def _look(self, path: str, *, given: bool) -> Inode:
        fs = self.run.call.fs
        if self.run.follows == "L" or (given and self.run.follows == "H"):
            try:
                return fs.look(path)
            except OSError:
                pass  # a link that leads nowhere is one
        return fs.look(path, follow=False)

    async def _below(self, one: FoundFile) -> AsyncIterator[FoundFile]:
        run = self.run
        wanted = one.depth >= run.least
        if wanted and not run.depth_first:
            yield one
        enters = one.inode.is_directory and (run.most is None or one.depth < run.most)
        if enters and (run.depth_first or not (wanted and run.prunes)):
            if any(one.inode is other for other in self.above):
                await run.call.err(
                    f"find: File system loop detected; ‘{one.name}’ is part of the same file "
                    "system loop\n"
                )
                run.status = 1
                return
            self.above.append(one.inode)
            async for inner in self._within(one):
                yield inner
            self.above.pop()
        if wanted and run.depth_first:
            yield one

    async def _within(self, one: FoundFile) -> AsyncIterator[FoundFile]:
        run, fs = self.run, self.run.call.fs
        if not (fs.allows(one.path, READ) and fs.allows(one.path, EXECUTE)):
            await run.trouble(one.name, "Permission denied")
            return
        for entry in fs.read_dir(one.path):
            name = str(entry["name"])
            path = posixpath.join(one.path, name)
            if run.one_system and path in run.other_systems():
                continue
            try:
                inode = self._look(path, given=False)
            except OSError as error:
                await run.trouble(posixpath.join(one.name, name), error.strerror or "")
                continue
            shown = f"{one.name}{name}" if one.name.endswith("/") else f"{one.name}/{name}"
            inner = replace(one, name=shown, path=path, inode=inode, depth=one.depth + 1)
            async for found in self._below(inner):
                yield found
