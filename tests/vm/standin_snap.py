#!/usr/bin/env python3
"""A stand-in for ``snap``, to be run inside the virtual machines: it knows the snap helm only.

What it installs is downloaded, and is a stand-in as well: a ``helm`` that tells its version.
"""

from __future__ import annotations

import os
import re
import sys
import urllib.request
from pathlib import Path

STORE = "https://api.snapcraft.io/v2/snaps/download/helm"
PROGRAM = Path("/snap/bin/helm")


def main(text: str) -> None:
    """``snap install helm --classic [--channel=CHANNEL]``, ``snap remove helm``, ``snap list``."""
    if text == "--version":
        print("snap: owlab's stand-in, no snapd")
    elif text == "list":
        print("Name\nhelm" if PROGRAM.exists() else "No snaps are installed yet.")
    elif match := re.fullmatch(r"install helm --classic(?: --channel=(\S+))?", text):
        as_root()
        install(match[1] or "latest/stable")
    elif text == "remove helm":
        as_root()
        there = PROGRAM.exists()
        PROGRAM.unlink(missing_ok=True)
        print("helm removed" if there else 'snap "helm" is not installed')
    else:
        sys.exit(f"error: the stand-in for snap does not know `snap {text}`")


def as_root() -> None:
    if os.geteuid() != 0:
        sys.exit("error: access denied (try with sudo)")


def install(channel: str) -> None:
    if PROGRAM.exists():
        print("snap \"helm\" is already installed, see 'snap help refresh'")
        return
    address = f"{STORE}?channel={channel}"
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            program = answer.read()
    except OSError as error:
        sys.exit(f'error: cannot install "helm": Get "{address}": {error}')
    PROGRAM.parent.mkdir(parents=True, exist_ok=True)
    PROGRAM.write_bytes(program)
    PROGRAM.chmod(0o755)
    print(f"helm (stand-in) from {channel} installed")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
