"""Programs that stand in for Multipass and ssh: executables that a test puts first on ``PATH``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

ROOT = Path(__file__).parents[2]
VERSIONS = {"1.16": "1.16.3", "1.17": "1.17.0"}

# Started by sh: the path of this Python may have a space, which a first line cannot have.
_CLOUD_INIT = """\
#!/bin/sh
exec {python} - "$@" <<'PYTHON'
import json, os, pathlib, sys
known = json.loads(pathlib.Path(os.environ["STANDIN_DIR"], "state.json").read_text())
status = known["machines"][os.environ["STANDIN_MACHINE"]]["cloud_init"]
degraded = status == "degraded"
said = {{
    "status": "done" if degraded else status,
    "extended_status": "degraded done" if degraded else status,
    "errors": ["apt-configure: no network"] if status == "error" else [],
}}
print(json.dumps(said) if "json" in sys.argv else "status: " + said["status"])
sys.exit({{"error": 1, "degraded": 2}}.get(status, 0))
PYTHON
"""


def _surroundings(folder: Path, guest: Path | None) -> str:
    """Assignments of sh for a stand-in that is started from anywhere."""
    values = {"STANDIN_DIR": folder, "STANDIN_GUEST": guest or "", "PYTHONPATH": ROOT}
    return " ".join(f"{name}={quote(str(value))}" for name, value in values.items())


@dataclass(frozen=True)
class MultipassStandin:
    """The stand-in of one test: its program, and its state to look at or to change."""

    folder: Path

    @property
    def binary(self) -> Path:
        """The program ``multipass``; its folder is to be the first of ``PATH``."""
        return self.folder / "bin" / "multipass"

    @property
    def calls(self) -> list[list[str]]:
        """The words of every call so far."""
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def state(self) -> dict[str, Any]:
        """All that it knows."""
        known: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return known

    def add(self, name: str, state: str = "Running", **more: Any) -> None:
        """A machine that is there already."""
        known = self.state
        (self.folder / "guests" / name).mkdir(parents=True, exist_ok=True)
        known["machines"][name] = {
            "state": state,
            "becomes": "",
            "ipv4": ["10.251.200.141"],
            "release": "24.04 LTS",
            "cpus": "2",
            "memory": "6G",
            "disk": "50G",
            "cloud_init": "done",
            **more,
        }
        self._write(known)

    def change(self, **facts: Any) -> None:
        """Change something that it knows: ``daemon``, ``hidden_options``, ``seconds``."""
        self._write({**self.state, **facts})

    def fail(self, kind: str, *, times: int = 1, name: str = "") -> None:
        """From now on the calls that a fault concerns fail, so many times (-1 for ever)."""
        known = self.state
        known["faults"].append({"kind": kind, "times": times, "name": name})
        self._write(known)

    def _write(self, known: dict[str, Any]) -> None:
        (self.folder / "state.json").write_text(json.dumps(known))


def multipass_standin(
    folder: Path,
    era: str = "1.17",
    faults: Sequence[str] = (),
    guest: Path | None = None,
) -> MultipassStandin:
    """Make a stand-in in ``folder``.

    :param guest: another program that speaks Multipass' language; guests' commands go there.
    """
    for name in ("bin", "guests", "guest-bin"):
        (folder / name).mkdir(parents=True)
    known = {"era": era, "version": VERSIONS[era], "daemon": True, "hidden_options": True}
    known |= {"machines": {}, "faults": [], "counter": 0, "seconds": 0}
    (folder / "state.json").write_text(json.dumps(known))
    cloud_init = folder / "guest-bin" / "cloud-init"
    cloud_init.write_text(_CLOUD_INIT.format(python=quote(sys.executable)))
    sudo = folder / "guest-bin" / "sudo"
    sudo.write_text('#!/bin/sh\nexec "$@"\n')
    standin = MultipassStandin(folder)
    standin.binary.write_text(
        f"#!/bin/sh\n{_surroundings(folder, guest)} "
        f'exec {quote(sys.executable)} -m tests.standins.multipass "$@"\n'
    )
    for program in (cloud_init, sudo, standin.binary):
        program.chmod(0o755)
    for kind in faults:
        standin.fail(kind)
    return standin


_SSH_GUEST_PROGRAMS = {
    "ls": '[ "$2" != /run/systemd/system ] || { [ "$FAULT" != no-systemd ]; exit; }\n'
    'exec /bin/ls "$@"',
    "df": 'echo "Filesystem 1024-blocks Used Available Capacity Mounted on"\n'
    '[ "$FAULT" = full ] && echo / 9 9 1048576 99% / || echo / 9 9 41943040 9% /',
    "modprobe": '[ "$FAULT" != no-nfs ]',
    "grep": '[ "$3" != /proc/filesystems ] || exit 1\nexec /bin/grep "$@"',
    "date": '[ "$FAULT" != skewed ] || exec /bin/date -d "1 hour ago" "$@"\nexec /bin/date "$@"',
    "git": "true",
    "wget": "true",
    "uname": '[ "$FAULT" = arm ] && echo aarch64 || echo x86_64',
    "sudo": '[ "$FAULT" = no-sudo ] && exit 1\n[ "$1" = -n ] && shift\nexec "$@"',
    "nproc": "echo 2",
    "hostname": '[ "$FAULT" = twin ] && echo 10.0.2.15 && exit\n'
    'here=$(basename "$PWD")\n'
    "printf '10.0.0.%d 10.42.0.1\\n' \"'$here\"",
    "apt-get": "true",
}


@dataclass(frozen=True)
class SshStandin:
    """The stand-in of one test for ``ssh``."""

    folder: Path

    @property
    def binary(self) -> Path:
        """The program ``ssh``; its folder is to be the first of ``PATH``."""
        return self.folder / "bin" / "ssh"

    @property
    def calls(self) -> list[list[str]]:
        """The words of every call so far."""
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def fail(self, host: str, kind: str) -> None:
        """From now on something is wrong with a host; an empty kind makes it well again.

        ``without-git`` takes a program away.
        """
        if kind.startswith("without-"):
            self._take_away(kind.removeprefix("without-"))
        self._note("faults", host, kind)

    def _take_away(self, name: str) -> None:
        """A folder with every program of this computer but one."""
        folder = self.folder / f"without-{name}"
        folder.mkdir(exist_ok=True)
        for path in os.environ["PATH"].split(os.pathsep):
            for program in Path(path).glob("*"):
                if program.name != name and not (folder / program.name).is_symlink():
                    (folder / program.name).symlink_to(program)
        (self.folder / "guest-bin" / name).unlink(missing_ok=True)

    def login_shell(self, host: str, program: str) -> None:
        """The user of a host has another login shell."""
        self._note("shells", host, program)

    def environment(self, host: str, **values: str) -> None:
        """What a login on a host finds in its environment."""
        self._note("environment", host, values)

    def _note(self, what: str, host: str, value: Any) -> None:
        path = self.folder / "state.json"
        known = json.loads(path.read_text())
        known[what][host] = value
        path.write_text(json.dumps(known))


def ssh_standin(folder: Path, guest: Path | None = None) -> SshStandin:
    """Make a stand-in for ``ssh`` in ``folder``; every host exists until it is made to fail.

    :param guest: a program that speaks Multipass' language, with machines of the hosts' names;
        their commands go there.
    """
    for name in ("bin", "guests", "guest-bin"):
        (folder / name).mkdir(parents=True)
    known: dict[str, Any] = {"faults": {}, "shells": {}, "environment": {}}
    (folder / "state.json").write_text(json.dumps(known))
    programs = {folder / "guest-bin" / name: text for name, text in _SSH_GUEST_PROGRAMS.items()}
    standin = SshStandin(folder)
    programs[standin.binary] = (
        f'{_surroundings(folder, guest)} exec {quote(sys.executable)} -m tests.standins.ssh "$@"'
    )
    for path, text in programs.items():
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return standin
