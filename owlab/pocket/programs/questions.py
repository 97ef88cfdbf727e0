"""What `[`, `test` and `[[` ask of files, by the rights of who asks."""

from __future__ import annotations

import secrets

from owlab.pocket.bash.process_numbers import numbered
from owlab.pocket.bash.questions import ASK, FIRST, SECOND, SOURCED, TEXT
from owlab.pocket.bash.questions import BINARY as COMPARED
from owlab.pocket.bash.rewriting import for_child, rewritten
from owlab.pocket.bash.source_names import of_file
from owlab.pocket.machines.inode import EXECUTE, READ, WRITE, Inode
from owlab.pocket.machines.visits import pid_of
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.shells import at_terminal

SPECIAL = {"-p": "fifo", "-c": "character", "-b": "block", "-S": "socket"}
BITS = {"-r": READ, "-w": WRITE, "-x": EXECUTE}


@program(ASK, machines="all")
async def may(call: Call) -> int:
    """Print something where the answer is yes; no status, which ``set -e`` would look at."""
    *words, operator = call.argv
    if words[:1] == ["["]:
        words = words[1:]
    else:
        words = [call.env[name] for name in (FIRST, SECOND) if name in call.env]
    answer = False
    if operator in COMPARED and len(words) == 2:
        answer = _compared(_look(call, words[0]), operator, _look(call, words[1]))
    elif operator not in COMPARED and len(words) < 2:
        # Without a word it is the operator itself that is not empty.
        answer = _true(call, words[0], operator) if words else True
    else:
        two = len(words) == 2 and operator not in COMPARED
        what = f"{words[0]}: binary operator expected" if two else "too many arguments"
        await call.err(f"bash: [: {what}\n")
    await call.out("yes" if answer else "")
    return 0


def _look(call: Call, path: str) -> Inode | None:
    try:
        return call.fs.look(call.path(path)) if path else None
    except OSError:
        return None


def _true(call: Call, path: str, operator: str) -> bool:
    if path.startswith(("/dev/fd/", "/dev/std")):
        return operator in ("-r", "-w", "-e", "-O", "-G", "-p")
    inode = _look(call, path)
    if inode is None or operator == "-e":
        return inode is not None
    if operator in BITS:
        return call.fs.allows(call.path(path), BITS[operator])
    if operator == "-d":
        return inode.is_directory
    if operator == "-s":
        return inode.is_directory or inode.size > 0
    if operator in SPECIAL:
        return inode.kind == SPECIAL[operator]
    if operator == "-N":
        return False  # nobody keeps when a file was read last
    return call.fs.who.uid == inode.uid if operator == "-O" else call.fs.who.gid == inode.gid


def _compared(left: Inode | None, operator: str, right: Inode | None) -> bool:
    if operator == "-ef":
        return left is not None and left is right
    if operator == "-ot":
        left, right = right, left
    if left is None or right is None:
        return left is not None
    return left.modified > right.modified


@program(SOURCED, machines="all")
async def sourced(call: Call) -> int:
    """The path of a file to read commands from: a copy, where it asks such questions itself."""
    name = call.env.get(FIRST, "")
    await call.out(_copied(call, name) if name else "")
    return 0


def _copied(call: Call, name: str) -> str:
    try:
        text = call.fs.read_file(call.path(name)).decode()
    except (OSError, UnicodeDecodeError):
        return name
    changed = at_terminal(rewritten(numbered(text, pid_of(call.session))), call.session)
    if changed == text:
        return name
    # As bash keeps a here-document: a file of its own, that nobody else reads.
    path = f"/tmp/sh-thd.{secrets.token_hex(3)}"
    call.fs.write_file(path, changed.encode())
    call.fs.chmod(path, 0o600)
    if call.session is not None:
        call.session.litter.append(path)
    return path


@program(TEXT, machines="all")
async def script(call: Call) -> int:
    """A script for a child shell; ``--file``: that of a file."""
    is_file = call.argv[:1] == ["--file"]
    given = " ".join(call.argv[is_file:])
    text = for_child(of_file(given) if is_file else given, pid_of(call.session))
    await call.out(at_terminal(text, call.session))
    return 0
