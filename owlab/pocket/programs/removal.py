"""`rm`: files and directories that go away, after a question where one is wanted."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from owlab.pocket.machines.inode import Inode
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.consent import agreed
from owlab.pocket.programs.options import Options, missing_operand, parse, usage

DEEP = ("r", "R", "recursive")
SILENT, ONCE, EACH = "never", "once", "always"
WHEN = {"never": "", "no": "", "none": "", "once": ONCE, "always": EACH, "yes": EACH, "": EACH}
CHOICES = "Valid arguments are:\n  - ‘never’, ‘no’, ‘none’\n  - ‘once’\n  - ‘always’, ‘yes’"


@program("rm", machines="all")
async def rm(call: Call) -> int:
    """Remove files; ``-r`` directories with all that is in them, ``-f`` without a word."""
    options = parse(
        call,
        "rRfivId",
        "recursive force verbose dir interactive? preserve-root one-file-system no-preserve-root",
        absent="one-file-system no-preserve-root",
    )
    asks = _asks(options)
    if not options.words and asks != SILENT:
        raise missing_operand("rm")
    if asks == ONCE and not await _once_agreed(call, options):
        return 0
    removal = _Removal(call, options, asks)
    status = 0
    for name in options.words:
        if call.path(name) == "/" and removal.deep:
            await call.err(
                "rm: it is dangerous to operate recursively on '/'\n"
                "rm: use --no-preserve-root to override this failsafe\n"
            )
            status = 1
        elif posixpath.basename(name.rstrip("/")) in (".", "..") and removal.deep:
            await call.err(f"rm: refusing to remove '.' or '..' directory: skipping '{name}'\n")
            status = 1
        else:
            await removal.remove(call.path(name), name)
    return 1 if removal.failed else status


def _asks(options: Options) -> str:
    """How often is asked: what is said last counts."""
    found = ""
    for option, value in options.given:
        if option == "interactive":
            if value not in WHEN:
                raise usage("rm", f"invalid argument ‘{value}’ for ‘--interactive’\n{CHOICES}")
            # Nothing is asked then, and `-f` before it is still heard.
            found = WHEN[value] or (SILENT if found == SILENT else "")
        else:
            found = {"f": SILENT, "force": SILENT, "i": EACH, "I": ONCE}.get(option, found)
    return found


async def _once_agreed(call: Call, options: Options) -> bool:
    """``-I`` asks once, where much goes away."""
    count, deep = len(options.words), options.has(*DEEP)
    if count <= 3 and not deep:
        return True
    what = f"{count} argument{'s' if count != 1 else ''}{' recursively' if deep else ''}"
    return await agreed(call, f"rm: remove {what}? ")


@dataclass
class _Removal:
    """What goes away, and how."""

    call: Call
    options: Options
    asks: str
    failed: bool = False

    @property
    def deep(self) -> bool:
        """What is in directories goes away too."""
        return self.options.has(*DEEP)

    async def remove(self, path: str, name: str) -> bool:
        """Remove one; whether its directory is tried then, which it is after a no as well."""
        try:
            inode = self.call.fs.look(path, follow=False)
            if inode.is_directory and not self.deep and not self.options.has("d", "dir"):
                raise IsADirectoryError(21, "Is a directory")
            if inode.is_directory and self.deep and not await self._emptied(path, name):
                return False
            kind = _kind(inode)
            if self.asks == EACH and not await agreed(self.call, f"rm: remove {kind} '{name}'? "):
                return True
            self.call.fs.remove(path)
        except OSError as error:
            gone = isinstance(error, FileNotFoundError | NotADirectoryError)
            if not gone or self.asks != SILENT:
                await self.call.err(f"rm: cannot remove '{name}': {error.strerror}\n")
                self.failed = True
            return gone
        if self.options.has("v", "verbose"):
            what = "removed directory" if inode.is_directory else "removed"
            await self.call.out(f"{what} '{name}'\n")
        return True

    async def _emptied(self, path: str, name: str) -> bool:
        """Remove what is in a directory; whether nothing is left."""
        entries = self.call.fs.read_dir(path)
        question = f"rm: descend into directory '{name}'? "
        if entries and self.asks == EACH and not await agreed(self.call, question):
            return False
        left = False
        for entry in entries:
            inner = str(entry["name"])
            left |= not await self.remove(posixpath.join(path, inner), posixpath.join(name, inner))
        return not left


def _kind(inode: Inode) -> str:
    if inode.is_directory:
        return "directory"
    if inode.kind == "symlink":
        return "symbolic link"
    return "regular file" if inode.size else "regular empty file"
