"""A stand-in for Multipass: its grammar, formats, states and failures, without virtual machines.

Run as a program; the folder of its state is in ``STANDIN_DIR``. Guests are folders whose commands
run in this computer's own shell, or machines of another program that speaks Multipass' language
(``STANDIN_GUEST``), to which their commands are passed on.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.standins.multipass_faults import FAULTS, Fault

FOLDER = Path(os.environ.get("STANDIN_DIR", "."))
GUEST = os.environ.get("STANDIN_GUEST", "")
SPINNER = "\x1b[2K\x1b[0A\x1b[0E{name}  \b/\b-\b\\"
DOES_NOT_SHOW = ("Stopped", "Deleted", "Suspended", "Unknown", "Starting", "Unavailable")


class Failed(Exception):
    """Ends the program with a message on standard error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


def main(words: list[str]) -> int:
    """One call of ``multipass``."""
    with (FOLDER / "calls.jsonl").open("a") as file:
        file.write(json.dumps(words) + "\n")
    command, rest = (words[0], words[1:]) if words else ("help", [])
    handler = COMMANDS.get(command)
    if handler is None:
        print(f"Error: Unknown command or alias '{command}' (try \"multipass help\")")
        return 1
    try:
        names = [word for word in rest if not word.startswith("-")]
        for fault in taken(command, names):
            fault(command)
        return handler(rest)
    except Failed as failure:
        sys.stdout.flush()
        print(failure.text, file=sys.stderr)
        return failure.code


# -- state on disk ---------------------------------------------------------------------------------


@contextmanager
def state() -> Iterator[dict[str, Any]]:
    """What the stand-in knows, locked and saved."""
    with (FOLDER / "state.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = FOLDER / "state.json"
        known = json.loads(path.read_text())
        yield known
        path.with_suffix(".new").write_text(json.dumps(known, indent=1))
        path.with_suffix(".new").replace(path)


def taken(command: str, names: list[str]) -> list[Any]:
    """The faults that hit this call; each as a function that may end it."""
    found = []
    with state() as known:
        for item in known["faults"]:
            fault = FAULTS[item["kind"]]
            here = command in fault.commands or (not fault.commands and command != "version")
            if fault.commands == ("version",):
                here = command == "version"
            about = item.get("name")
            if not here or item["times"] == 0 or (about and not any(about in n for n in names)):
                continue
            item["times"] -= 1
            found.append(lambda c, f=fault, n=about: strike(c, f, n or _name_of(names)))
    return found


def _name_of(names: list[str]) -> str:
    with state() as known:
        return next((n for n in names if n in known["machines"]), names[-1] if names else "")


def strike(command: str, fault: Fault, name: str) -> None:
    """Let a fault happen."""
    with state() as known:
        era = known["era"]
    if fault.seconds:
        time.sleep(fault.seconds)
    if command == "launch":
        name = argument(sys.argv[1:], "--name", "-n") or name
        if fault.leaves:
            add(sys.argv[2:], fault.leaves, fault.becomes, fault.cloud_init)
    if fault.prints:
        print(fault.prints)
    if fault.code is None:
        return
    code = fault.code.get(era, 2) if isinstance(fault.code, dict) else fault.code
    text = fault.text.get(era, "") if isinstance(fault.text, dict) else fault.text
    raise Failed(code, text.format(command=command, name=name))


def machine(known: dict[str, Any], name: str, command: str) -> dict[str, Any]:
    """A machine that exists; looking at it moves it on towards what it becomes."""
    if name not in known["machines"]:
        text = f'{command} failed: The following errors occurred:\ninstance "{name}" does not exist'
        if command == "start":
            text = f"start failed: instance(s) missing\nInstance '{name}' does not exist."
        raise Failed(2, text)
    found: dict[str, Any] = known["machines"][name]
    return found


def argument(words: list[str], *names: str, default: str = "") -> str:
    """The value of an option."""
    for position, word in enumerate(words[:-1]):
        if word in names:
            return words[position + 1]
    return default


# -- commands --------------------------------------------------------------------------------------


def launch(words: list[str]) -> int:
    name = argument(words, "--name", "-n")
    with state() as known:
        if name in known["machines"]:
            raise Failed(2, f'launch failed: instance "{name}" already exists')
        if "--mem" in words and known["era"] != "1.16":
            raise Failed(1, "Unknown option 'mem'.")
    if not name or not name[0].isalpha():
        raise Failed(
            2,
            f"launch failed: Invalid arguments supplied\nInvalid instance name supplied: {name}",
        )
    sys.stdout.write(SPINNER.format(name=f"Creating {name}"))
    sys.stdout.flush()
    add(words, "Running")
    with state() as known:
        zone = " in zone1" if known["era"] != "1.16" else ""
    print(f"\x1b[2K\x1b[0A\x1b[0ELaunched: {name}{zone}")
    return 0


def add(words: list[str], word: str, becomes: str = "", cloud_init: str = "done") -> None:
    """A new machine."""
    name = argument(words, "--name", "-n")
    with state() as known:
        pause = known["seconds"]
        (FOLDER / "guests" / name).mkdir(parents=True, exist_ok=True)
        known["busy"] = known.get("busy", 0) + 1
        known["busiest"] = max(known.get("busiest", 0), known["busy"])
        known["counter"] += 1
        number = known["counter"]
    time.sleep(pause)
    address = f"10.251.200.{140 + number}"
    if GUEST:
        subprocess.run([GUEST, "launch", *words], stdout=subprocess.DEVNULL, check=True)
        said = subprocess.run(
            [GUEST, "info", name, "--format", "json"], stdout=subprocess.PIPE, check=True
        )
        address = json.loads(said.stdout)["info"][name]["ipv4"][0]
    with state() as known:
        known["busy"] -= 1
        known["machines"][name] = {
            "state": word,
            "becomes": becomes,
            "ipv4": [address],
            "release": "24.04 LTS",
            "cpus": argument(words, "--cpus", "-c", default="1"),
            "memory": argument(words, "--memory", "-m", default="1G"),
            "disk": argument(words, "--disk", "-d", default="5G"),
            "cloud_init": cloud_init,
        }


def listing(words: list[str]) -> int:
    with state() as known:
        if "--no-ipv4" in words and not known["hidden_options"]:
            raise Failed(1, "Unknown option 'no-ipv4'.")
        if argument(words, "--format", default="table") != "json":
            raise Failed(1, "Invalid format type given.")
        found = []
        for name in sorted(known["machines"], key=hash):
            item = known["machines"][name]
            entry: dict[str, Any] = {
                "name": name,
                "state": item["state"],
                "ipv4": [] if "--no-ipv4" in words else addresses(item, known["era"]),
                "release": f"Ubuntu {item['release']}",
            }
            if known["era"] == "1.16":
                entry = dict(sorted(entry.items()))
            else:
                entry["zone"] = {"name": "zone1", "available": item["state"] != "Unavailable"}
            found.append(entry)
            if item["becomes"]:  # the next look sees it further on
                item["state"], item["becomes"] = item["becomes"], ""
    print(json.dumps({"list": found}, indent=4))
    return 0


def addresses(item: dict[str, Any], era: str) -> list[str]:
    """As ``list`` shows them; unknown ones differ between the eras."""
    if item["state"] in DOES_NOT_SHOW:
        return []
    return item["ipv4"] or (["N/A"] if era == "1.16" else [])


def info(words: list[str]) -> int:
    names = [w for w in words if not w.startswith("-") and w != "json"]
    with state() as known:
        if "--no-runtime-information" in words and not known["hidden_options"]:
            raise Failed(1, "Unknown option 'no-runtime-information'.")
        found = {}
        for name in names or sorted(known["machines"]):
            item = machine(known, name, "info")
            shown = addresses(item, known["era"])
            runs = item["state"] == "Running"
            found[name] = {
                "state": item["state"],
                "image_hash": "1797c5c82016",
                "image_release": item["release"],
                "release": f"Ubuntu {item['release']}" if runs else "",
                "cpu_count": item["cpus"] if runs else "",
                "snapshot_count": "0",
                "load": [0.03, 0.1, 0.15] if runs else [],
                "disks": {"sda1": {"used": "1932735284", "total": "6764573492"} if runs else {}},
                "memory": {"used": 38797312, "total": 1610612736} if runs else {},
                "ipv4": shown,
                "mounts": {},
            }
    if "json" in words:
        print(json.dumps({"errors": [], "info": found}, indent=4))
        return 0
    for name, item in found.items():
        rows = {"Name": name, "State": item["state"]}
        rows["IPv4"] = ("\n" + " " * 16).join(item["ipv4"]) or "--"
        print("".join(f"{key + ':':<16}{value}\n" for key, value in rows.items()))
    return 0


def version(words: list[str]) -> int:
    with state() as known:
        said = {"multipass": known["version"], "multipassd": known["version"]}
        if not known["daemon"]:
            del said["multipassd"]
    if "json" in words:
        print(json.dumps(said, indent=4))
    else:
        print("\n".join(f"{key:<12}{value}" for key, value in said.items()))
    return 0


def find(words: list[str]) -> int:
    image = {
        "os": "Ubuntu",
        "release": "24.04 LTS",
        "version": "20260801",
        "aliases": ["noble"],
        "remote": "",
    }
    print(json.dumps({"errors": [], "images": {"24.04": image}}, indent=4))
    return 0


def networks(words: list[str]) -> int:
    print(json.dumps({"list": [{"name": "en0", "type": "eth", "description": "Ether"}]}, indent=4))
    return 0


def get(words: list[str]) -> int:
    key = words[0]
    if key == "local.driver":
        print("qemu")
        return 0
    _, name, what = key.split(".")
    with state() as known:
        value = machine(known, name, "get")[what]
    print(value if what == "cpus" else f"{float(value[:-1]):.1f}GiB")
    return 0


def change(command: str, words: list[str]) -> int:
    """start, stop, restart, suspend, recover, delete: all or nothing as to missing names."""
    names, skip = [], False
    for word in words:
        if skip or word.startswith("-"):
            skip = word in ("--timeout", "--time") and not skip
            continue
        names.append(word)
    if not names:
        raise Failed(1, "Name argument or --all is required")
    with state() as known:
        for name in names:
            machine(known, name, command)
        for name in names:
            item = known["machines"][name]
            result = move(command, name, item["state"], words)
            if result is None:
                del known["machines"][name]
            else:
                item["state"] = result
    if GUEST:
        subprocess.run([GUEST, command, *words], stdout=subprocess.DEVNULL, check=True)
    sys.stdout.write(SPINNER.format(name=command))
    return 0


def move(command: str, name: str, now: str, words: list[str]) -> str | None:
    """The state after a command; None when the machine is gone."""
    if command == "delete":
        if "--purge" in words or "-p" in words:
            return None
        if now in ("Starting", "Restarting", "Suspending"):
            raise Failed(
                2,
                f"delete failed: Cannot shut down instance {name} while {now.lower()}.\n"
                "Use --purge to forcefully delete it.",
            )
        return "Deleted"
    if now == "Deleted":
        if command == "recover":
            return "Stopped"
        if command == "start":
            raise Failed(
                2,
                f"start failed: instance(s) missing\nInstance '{name}' is deleted. Use 'recover' "
                "to recover it or 'purge' to permanently delete it.",
            )
        raise Failed(
            2, f'{command} failed: The following errors occurred:\ninstance "{name}" is deleted'
        )
    if command == "recover":
        return now
    if command == "start":
        if now == "Unknown":
            raise Failed(
                2,
                "start failed: The following errors occurred:\nInstance "
                f"'{name}' is already running, but in an unknown state.\nTry to stop it first.",
            )
        if now in ("Suspending", "Unavailable"):
            raise Failed(
                2,
                "start failed: The following errors occurred:\n"
                f"Cannot start the instance '{name}' while {now.lower()}.",
            )
        return "Running"
    if command == "restart":
        if now != "Running":
            raise Failed(2, f"restart failed: Instance '{name}' is not running")
        return "Running"
    if command == "suspend":
        return "Suspended" if now == "Running" else now
    if "--cancel" in words:
        return "Running"
    if "--force" in words:
        return "Stopped"
    if now == "Suspended":
        raise Failed(
            2,
            f"stop failed: Cannot shut down suspended instance {name}.\n"
            "Use --force to power it off.",
        )
    if now in ("Starting", "Suspending"):
        raise Failed(
            2,
            f"stop failed: Cannot shut down instance {name} while {now.lower()}.\n"
            "Use --force to power it off.",
        )
    return "Stopped"


def execute(words: list[str]) -> int:
    if "--" not in words:
        raise Failed(1, "Unknown option. Use -- to pass options to the command.")
    cut = words.index("--")
    options, inside = words[:cut], words[cut + 1 :]
    name = options[-1]
    with state() as known:
        item = machine(known, name, "exec")
        era = known["era"]
        if item["state"] == "Deleted":
            raise Failed(
                2, f'exec failed: The following errors occurred:\ninstance "{name}" is deleted'
            )
        if item["state"] == "Unknown":
            raise Failed(2, "exec failed: Cannot retrieve credentials in unknown state")
        if item["state"] in ("Stopped", "Suspended"):
            item["state"] = "Running"
            sys.stdout.write(SPINNER.format(name=f"Starting {name}"))
            sys.stdout.flush()
    while True:
        code = guest(name, inside)
        if code != 4 or era != "1.16":
            return 255 if code < 0 else code
        time.sleep(0.05)


def guest(name: str, words: list[str]) -> int:
    """Run words in a machine; returns their exit status."""
    if GUEST:
        return subprocess.run([GUEST, "exec", "-n", name, "--", *words], check=False).returncode
    home = FOLDER / "guests" / name
    known = {"HOME": str(home), "STANDIN_MACHINE": name, "STANDIN_DIR": str(FOLDER)}
    path = f"{FOLDER / 'guest-bin'}:{os.environ['PATH']}"
    return subprocess.run(
        words, check=False, cwd=home, env={**known, "PATH": path, "LC_ALL": "C.UTF-8"}
    ).returncode


def transfer(words: list[str]) -> int:
    source, target = words[-2], words[-1]
    name, _, path = target.partition(":")
    with state() as known:
        if machine(known, name, "transfer")["state"] != "Running":
            raise Failed(2, f'transfer failed: instance "{name}" is not running')
    data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    (FOLDER / "guests" / name / path).write_bytes(data)
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "launch": launch,
    "list": listing,
    "info": info,
    "version": version,
    "find": find,
    "networks": networks,
    "get": get,
    "exec": execute,
    "transfer": transfer,
    **{
        verb: partial(change, verb)
        for verb in ("start", "stop", "restart", "suspend", "recover", "delete")
    },
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
