"""A stand-in for ``ssh``: its words, its messages, and machines that are folders.

Commands run in the machine's login shell, which is one of this computer's (bash unless the test
says another), in the machine's folder, with a few programs of the folder ``guest-bin`` first. Or
they run inside machines of another program (``STANDIN_GUEST``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(os.environ["STANDIN_DIR"])
TAKES_A_VALUE = {"-o", "-p", "-i", "-J", "-F", "-O"}

MESSAGES = {
    "key-unknown": "No ED25519 host key is known for {host} and you have requested strict checking."
    "\nHost key verification failed.",
    "key-changed": "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n"
    "Host key verification failed.",
    "login-refused": "ubuntu@{host}: Permission denied (publickey).",
    "name-unknown": "ssh: Could not resolve hostname {host}: Name or service not known",
    "refused": "ssh: connect to host {host} port 22: Connection refused",
    "timed-out": "ssh: connect to host {host} port 22: Connection timed out",
    "lost": "client_loop: send disconnect: Broken pipe",
}


def main(words: list[str]) -> int:
    with (FOLDER / "calls.jsonl").open("a") as file:
        file.write(json.dumps(words) + "\n")
    positional: list[str] = []
    options: dict[str, list[str]] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            positional += rest
            break
        if word in TAKES_A_VALUE:
            options.setdefault(word, []).append(rest.pop(0))
        elif not word.startswith("-"):
            positional.append(word)
    host = positional[0].rpartition("@")[2]
    if "-O" in options:
        return 0
    known = json.loads((FOLDER / "state.json").read_text())
    fault = known["faults"].get(host, "")
    if fault in MESSAGES:
        print(MESSAGES[fault].format(host=host), file=sys.stderr)
        return 255
    if guest := os.environ.get("STANDIN_GUEST"):
        words = [guest, "exec", "-n", host, "--", "bash", "-c", " ".join(positional[1:])]
        return subprocess.run(words, check=False).returncode
    home = FOLDER / "guests" / host
    home.mkdir(parents=True, exist_ok=True)
    programs = os.environ["PATH"]
    if fault.startswith("without-"):
        programs = str(FOLDER / fault)
    given = {"HOME": str(home), "PATH": f"{FOLDER / 'guest-bin'}:{programs}", "FAULT": fault}
    given |= {"LC_ALL": "C.UTF-8", **known["environment"].get(host, {})}
    login = known["shells"].get(host, "bash")
    words = [login, "-c", " ".join(positional[1:])]
    return subprocess.run(words, check=False, cwd=home, env=given).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
