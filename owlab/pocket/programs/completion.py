"""What the Tab key offers: commands, files, and the words of the course's own tools."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable

from owlab.pocket.machines import units
from owlab.pocket.machines.snaps import STORE
from owlab.pocket.machines.ubuntu_archive import ARCHIVE
from owlab.pocket.programs.base import Call, load_programs, program
from owlab.pocket.programs.catalog import BOTH, BUILTINS, PLAIN, present

MOST = 200
VARIABLE = re.compile(r"(.*)\$(\{?)(\w*)")
BEFORE = {"sudo", "nohup", "time", "exec", "command", "xargs", "watch", "env", "which", "type"}
MULTIPASS = (
    "alias aliases authenticate clone delete exec find get help info launch list mount networks "
    "prefer purge recover restart restore set shell snapshot start stop suspend transfer umount "
    "unalias version"
)
WORDS = {
    "systemctl": "start stop restart reload status enable disable is-active is-enabled cat show "
    "list-units list-unit-files daemon-reload",
    "apt": "install remove purge update upgrade list search show autoremove",
    "apt-get": "install remove purge update upgrade autoremove",
    "snap": "install list info remove refresh find",
    "helm": "create dependency env get history install lint list package pull repo rollback search "
    "show status template test uninstall upgrade verify version",
    "wsk": "action activation api list namespace package property rule sdk trigger",
    "git": "clone status log branch checkout add commit remote diff pull",
    "multipass": MULTIPASS,
}


@program("__owlab_complete", machines="all")
async def complete(call: Call) -> int:
    """Print what may stand in place of a line's last word, one a line."""
    line = call.argv[0] if call.argv else ""
    last = line.rsplit("|", 1)[-1].rsplit(";", 1)[-1].rsplit("&&", 1)[-1]
    try:
        words = shlex.split(last)
    except ValueError:
        return 0
    if not words or last[-1:].isspace():
        words.append("")
    while len(words) > 1 and (words[0] in BEFORE or "=" in words[0]):
        words.pop(0)
    *before, word = words
    found = await _choices(call, before, word)
    await call.out("".join(f"{name}\n" for name in sorted(set(found))[:MOST]))
    return 0


async def _choices(call: Call, before: list[str], word: str) -> list[str]:
    if named := VARIABLE.fullmatch(word):
        return _variables(call, *named.groups())
    if word.startswith("~") and "/" not in word:
        users = (f"~{user.name}" for user in call.machine.accounts.users())
        return [f"{user}/" for user in users if user.startswith(word)]
    if not before and "/" not in word:
        return _starting(_commands(call), word)
    tool = before[0].rpartition("/")[2] if before else ""
    if tool in ("kubectl", "k") and present(call.machine, "kubectl"):
        offered = await _kubectl(call, [*before[1:], word])
        if offered:
            return offered
    if tool in WORDS and len(before) == 1:
        return _starting(WORDS[tool].split(), word)
    if tool in ("systemctl", "journalctl"):
        return _starting(units.names(call.machine), word)
    if tool in ("apt", "apt-get"):
        return _starting(ARCHIVE, word)
    if tool == "snap":
        return _starting(STORE, word)
    if tool == "multipass":
        return _starting([machine.name for machine in call.fleet.all()], word)
    return _files(call, word, folders=tool in ("cd", "rmdir", "pushd"))


def _variables(call: Call, before: str, brace: str, start: str) -> list[str]:
    fits = (name for name in call.env if name.startswith(start) and not name.startswith("__"))
    return [f"{before}${brace}{name}{'}' if brace else ' '}" for name in fits]


def _starting(names: Iterable[str], word: str) -> list[str]:
    return [f"{name} " for name in names if name.startswith(word)]


def _commands(call: Call) -> set[str]:
    ours = {name for name in load_programs() if not name.startswith("__")}
    found = {name for name in ours | PLAIN | BOTH if present(call.machine, name)}
    for folder in call.env.get("PATH", "").split(":"):
        if call.fs.is_directory(folder or "/nowhere"):
            found |= {str(entry["name"]) for entry in call.fs.read_dir(folder)}
    return found | BUILTINS


def _files(call: Call, word: str, *, folders: bool) -> list[str]:
    shown, _, start = word.rpartition("/")
    shown += "/" if "/" in word else ""
    path = call.home if word[:2] == "~/" and shown == "~/" else call.path(shown or ".")
    if shown.startswith("~/"):
        path = posixpath.join(call.home, shown[2:])
    try:
        entries = call.fs.read_dir(path)
    except OSError:
        return []
    found = []
    for entry in entries:
        name = str(entry["name"])
        if not name.startswith(start) or (name.startswith(".") and not start.startswith(".")):
            continue
        inside = call.fs.is_directory(posixpath.join(path, name))
        if inside or not folders:
            quoted = name.replace(" ", "\\ ")
            found.append(f"{shown}{quoted}" + ("/" if inside else " "))
    return found


async def _kubectl(call: Call, words: list[str]) -> list[str]:
    """kubectl's own completion, asked of kubectl itself."""
    printed = bytearray()

    async def keep(data: bytes) -> None:
        printed.extend(data)

    async def drop(data: bytes) -> None:
        return None

    session = call.machine.session(user=call.user, cwd=call.cwd, env=call.env)
    await session.run(shlex.join(["kubectl", "__complete", *words]), keep, drop, stdin=b"")
    lines = printed.decode(errors="replace").splitlines()
    return [f"{line.partition(chr(9))[0]} " for line in lines if line and not line.startswith(":")]
