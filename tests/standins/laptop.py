"""A stand-in for the laptop of somebody who has a cluster: its ``bash`` is a pocket lab's machine.

So kubectl, helm and wsk are there, and what they do is seen by the cluster. What is asked of
Docker and its tools stays on this computer, where stand-ins answer (``containers.py``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from shlex import quote

_PROGRAMS = ("kubectl", "helm", "wsk", "git", "openssl", "curl")


def laptop_standin(folder: Path, multipass: Path, machine: str) -> Path:
    """Make the programs in ``folder``, which is to be the first of ``PATH``."""
    folder.mkdir(parents=True)
    known = folder / "environment.json"
    known.write_text(json.dumps(sorted(os.environ)))
    words = [sys.executable, __file__, known, multipass, machine]
    program = folder / "bash"
    program.write_text(f'#!/bin/sh\nexec {" ".join(quote(str(w)) for w in words)} "$@"\n')
    for name in _PROGRAMS:
        (folder / name).write_text("#!/bin/sh\nexit 99\n")
    for path in folder.iterdir():
        path.chmod(0o755)
    return folder


def take_along(multipass: str, machine: str, taken: Path) -> None:
    """The kubeconfig that is on this computer is to be found in there, under the same path."""
    path = Path(os.environ.get("KUBECONFIG", "none").split(os.pathsep)[0])
    if not path.is_file() or (taken.exists() and taken.read_bytes() == path.read_bytes()):
        return
    put = f"mkdir -p {quote(str(path.parent))} && cat > {quote(str(path))}"
    words = [multipass, "exec", "-n", machine, "--", "bash", "-c", put]
    subprocess.run(words, input=path.read_bytes(), check=True)
    taken.write_bytes(path.read_bytes())


def main(known: str, multipass: str, machine: str, *words: str) -> None:
    """Pass on the words, and the variables that were given beside the usual ones."""
    if {"docker", "kind", "k3d"} & set(" ".join(words).replace("$(", " ").split()):
        os.execv("/bin/bash", ["bash", *words])
    take_along(multipass, machine, Path(known).with_name("taken"))
    usual = set(json.loads(Path(known).read_text()))
    given = [f"{name}={value}" for name, value in os.environ.items() if name not in usual]
    argv = [multipass, "exec", "-n", machine, "--", "env", *given, "bash", *words]
    os.execv(multipass, argv)


if __name__ == "__main__":
    main(*sys.argv[1:])
