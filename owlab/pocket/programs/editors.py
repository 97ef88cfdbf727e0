"""`vim`, `vi`, `nano` and friends: they open at a terminal; without one, what to type is said.

The terminal is the client's, and so is the editor there. The file is read and written here, with
the rights of who opened it.
"""

from __future__ import annotations

import posixpath
import shlex

from owlab.pocket.ground.keyboards import Draft, KeyboardReader
from owlab.pocket.machines.inode import WRITE
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint

MESSAGE = """\
{name}: the pocket lab's shell opens no editor. To write {file}:

  {tee} {file} <<'EOF'
  ...
  EOF

To add a line at its end:

  echo '...' | {tee} -a {file}
"""
VALUED = ("-c", "-u", "-S", "--cmd", "-T", "-r", "-s")


@program("vim", "vi", "nano", "emacs", "editor", "view", "pico", machines="all")
async def editor(call: Call) -> int:
    """Edit FILEs, one after the other; ``+N`` at a line, ``-R`` without writing."""
    if call.argv == ["--version"]:
        await call.out(f"{call.name} (the pocket lab's: vim's keys, or nano's)\n")
        return 0
    names, line, skip = [], 1, False
    for word in call.argv:
        if skip or word == "--":
            skip = False
        elif word.startswith("+"):
            line = int(word[1:]) if word[1:].isdecimal() else line
        elif word.startswith("-") and len(word) > 1:
            skip = word in VALUED
        else:
            names.append(word)
    if not isinstance(call.reader, KeyboardReader):
        return await _told(call, names)
    read_only = call.name == "view" or "-R" in call.argv or "-v" in call.argv[:1]
    status = 0
    for name in names or [""]:
        status = await edited(call, call.name, name, line=line, read_only=read_only)
    return status


@program("sudoedit", machines="all")
async def sudoedit(call: Call) -> int:
    """Edit FILEs as root."""
    words = ["-e" if word == "-e" else word for word in call.argv if word != "-e"]
    line = shlex.join(["sudo", chosen(call), *words])
    session = call.machine.session(
        user=call.user, cwd=call.cwd, env=call.env, parent=call.session, umask=call.fs.umask
    )
    return await session.run(line, call.out, call.err, stdin=call.reader)


async def _told(call: Call, names: list[str]) -> int:
    file = shlex.quote(names[-1]) if names else "FILE"
    tee = "sudo tee" if call.root else "tee"
    await call.err(MESSAGE.format(name=call.name, file=file, tee=tee))
    return 1


def chosen(call: Call, usual: str = "nano") -> str:
    """What the user wants to edit with."""
    wanted = call.env.get("VISUAL") or call.env.get("EDITOR") or usual
    words = wanted.split()
    return words[0].rpartition("/")[2] if words else usual


async def edited(call: Call, program: str, name: str, *, line: int, read_only: bool) -> int:
    """Open a file in the editor, which writes it as often as it is told; its exit status."""
    assert isinstance(call.reader, KeyboardReader)
    path = call.path(name)
    if name and call.fs.is_directory(path):
        raise Complaint(f"{program}: {name} is a directory\n")
    problem, text, new = "", b"", False
    try:
        text = call.fs.read_file(path) if name else b""
        locked = bool(name) and not call.fs.allows(path, WRITE)
    except FileNotFoundError:
        new, locked = True, False
        if not call.fs.is_directory(posixpath.dirname(path)):
            problem = "No such file or directory"
    except OSError as error:
        problem, locked = error.strerror or str(error), True
    draft = Draft(
        program, name, text.decode(errors="replace"), new, problem, line, read_only or locked
    )
    return await call.reader.keyboard.edit(draft, lambda *how: _written(call, *how))


def _written(call: Call, name: str, text: str, force: bool) -> str:
    """Write it; what is wrong, or nothing."""
    path = call.path(name)
    try:
        try:
            call.fs.write_file(path, text.encode())
        except PermissionError:
            if not force:
                raise
            # `:w!` of one's own file, which was protected against oneself.
            mode = call.fs.look(path).mode
            call.fs.chmod(path, mode | 0o200)
            call.fs.write_file(path, text.encode())
            call.fs.chmod(path, mode)
    except OSError as error:
        return error.strerror or str(error)
    return ""


async def edited_text(call: Call, text: str, *, program: str, shown: str) -> str | None:
    """A text that is no file yet, edited; None where nothing was written.

    :param shown: the name that the editor shows.
    """
    assert isinstance(call.reader, KeyboardReader)
    kept: list[str] = []

    def keep(name: str, content: str, force: bool) -> str:
        kept.append(content)
        return ""

    draft = Draft(program, shown, text, not text)
    await call.reader.keyboard.edit(draft, keep)
    return kept[-1] if kept else None
