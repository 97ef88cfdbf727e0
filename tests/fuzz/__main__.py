"""``python -m tests.fuzz [SEED [COUNT]]``: every API, and what should not have been answered."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys

from . import control, kube, whisk

API = {"kube": kube.run, "openwhisk": whisk.run, "control": control.run}


def main(argv: list[str]) -> int:
    seed = int(argv[0]) if argv and argv[0] else secrets.randbelow(1_000_000)
    count = int(argv[1]) if len(argv) > 1 and argv[1] else 2000
    logging.getLogger().addHandler(logging.NullHandler())
    failed = 0
    for name, run in API.items():
        found = asyncio.run(run(seed, count))
        print(f"{name}, seed {seed}: {found}", flush=True)
        for fault in found.faults:
            print(f"\n{fault}", file=sys.stderr)
        failed += len(found.faults)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
