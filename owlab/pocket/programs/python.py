"""`python3`: the real interpreter in a process of its own, which sees the machine's files only."""

from __future__ import annotations

import posixpath
import sys
from pathlib import Path

from owlab.pocket.programs import child
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint
from owlab.pocket.programs.staging import Stage

BOOT = Path(__file__).parent.parent / "shell" / "python_boot.py"
ALWAYS = ("/etc", "/tmp")
MOST_FILES, MOST_BYTES = 2000, 64 << 20
VERSION = f"Python {sys.version.split()[0]}"


@program("python3", "python3.12", machines="all", own_help=True)
async def python3(call: Call) -> int:
    """``-c CODE``, ``-m MODULE``, FILE or standard input; no programs and no sockets from it."""
    words = call.argv
    if words[:1] in (["-V"], ["--version"]):
        await call.out(f"{VERSION}\n")
        return 0
    if words[:1] in (["-h"], ["--help"]):
        await call.out("usage: python3 [option] ... [-c cmd | -m mod | file | -] [arg] ...\n")
        return 0
    if words[:1] in (["-c"], ["-m"]) and len(words) == 1:
        raise Complaint(f"Argument expected for the {words[0]} option\n", 2)
    if words[:2] == ["-m", "http.server"] or words[:2] == ["-m", "pip"]:
        what = "opens no sockets" if words[1] == "http.server" else "installs no packages"
        raise Complaint(f"python3: the pocket lab's python3 {what}\n")
    if not words and call.terminal:
        raise Complaint("python3: no prompt here: python3 -c 'CODE', or a file\n")
    script = next((word for word in words if not word.startswith("-")), None)
    if words and not words[0].startswith("-") and script is not None:
        _readable(call, script)
    stage = Stage(call.fs)
    try:
        _fill(call, stage)
        cwd = Path(f"{stage.root}{call.cwd}")
        cwd.mkdir(parents=True, exist_ok=True)
        passed = {k: v for k, v in call.env.items() if k not in ("PATH", "LD_PRELOAD")}
        return await child.run(
            [sys.executable, "-I", "-u", str(BOOT), *words],
            env={**passed, "PATH": "", "OWLAB_ROOT": str(stage.root), "LANG": "C.UTF-8"},
            cwd=cwd,
            stdin=await call.stdin(),
            out=call.out,
            err=call.err,
        )
    finally:
        stage.take_back()
        stage.take_back_removals()
        stage.close()


def _readable(call: Call, script: str) -> None:
    try:
        call.fs.read_file(call.path(script))
    except OSError as error:
        why = f"[Errno {error.errno}] {error.strerror}"
        raise Complaint(f"python3: can't open file '{call.path(script)}': {why}\n", 2) from None


def _fill(call: Call, stage: Stage) -> None:
    """What a script may look at: its directory, what is named, ``/etc`` and ``/tmp``."""
    words = [call.path(word) for word in call.argv if word]
    named = [path for path in words if call.fs.exists(path)]
    count = size = 0
    pending = [call.cwd, *ALWAYS, *named]
    seen: set[str] = set()
    while pending and count < MOST_FILES and size < MOST_BYTES:
        path = pending.pop(0)
        if path in seen or path in ("/", "/dev", "/proc", "/sys", "/usr", "/bin"):
            continue
        seen.add(path)
        try:
            inode = call.fs.look(path)
            if inode.is_directory:
                Path(f"{stage.root}{path}").mkdir(parents=True, exist_ok=True)
                pending += [posixpath.join(path, str(e["name"])) for e in call.fs.read_dir(path)]
            elif inode.source is None:
                stage.add(path)
                count, size = count + 1, size + inode.size
        except OSError:
            continue
