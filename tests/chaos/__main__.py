"""``python -m tests.chaos [SEED [COUNT [WHAT]]]``: faults on a lab, and what it did not stand.

WHAT is ``clients`` (random ones, against a model), ``up`` (a deployment) or ``run`` (notebooks).
"""

from __future__ import annotations

import secrets
import sys

from .course import RUN, UP, course
from .run import run


def main(argv: list[str]) -> int:
    seed = int(argv[0]) if argv and argv[0] else secrets.randbelow(1_000_000)
    count = int(argv[1]) if len(argv) > 1 and argv[1] else 100
    what = argv[2] if len(argv) > 2 and argv[2] else "clients"
    words = {"clients": None, "up": UP, "run": RUN}
    if what not in words:
        print(f"{what!r} is none of {', '.join(words)}", file=sys.stderr)
        return 2
    chosen = words[what]
    report = run(seed, count) if chosen is None else course(seed, count, chosen)
    print(f"seed {seed}: {report}")
    for text in report.wrong:
        print(text, file=sys.stderr)
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
