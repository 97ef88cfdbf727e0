"""``python -m tests.chaos [SEED [COUNT]]``: faults on a lab, and what it did not stand."""

from __future__ import annotations

import secrets
import sys

from .run import run


def main(argv: list[str]) -> int:
    seed = int(argv[0]) if argv and argv[0] else secrets.randbelow(1_000_000)
    count = int(argv[1]) if len(argv) > 1 and argv[1] else 100
    report = run(seed, count)
    print(f"seed {seed}: {report}")
    for text in report.wrong:
        print(text, file=sys.stderr)
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
