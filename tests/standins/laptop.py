"""A stand-in for the laptop of somebody who has a cluster: its ``bash`` is a pocket lab's machine.

So kubectl, helm and wsk are there, and what they do is seen by the cluster.
"""

from __future__ import annotations

import json
import os
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


def main(known: str, multipass: str, machine: str, *words: str) -> None:
    """Pass on the words, and the variables that were given beside the usual ones."""
    usual = set(json.loads(Path(known).read_text()))
    given = [f"{name}={value}" for name, value in os.environ.items() if name not in usual]
    argv = [multipass, "exec", "-n", machine, "--", "env", *given, "bash", *words]
    os.execv(multipass, argv)


if __name__ == "__main__":
    main(*sys.argv[1:])
