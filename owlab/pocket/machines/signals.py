"""Signals by name and number, as bash lists them on Linux."""

from __future__ import annotations


def _names(text: str) -> list[str]:
    return text.split()


_FIRST = _names(
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP "
    "TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
)
_REAL = {
    34: "RTMIN",
    **{34 + n: f"RTMIN+{n}" for n in range(1, 16)},
    **{64 - n: f"RTMAX-{n}" for n in range(1, 15)},
    64: "RTMAX",
}
BY_NUMBER = {**dict(enumerate(_FIRST, 1)), **_REAL}
NAMES = {name: number for number, name in BY_NUMBER.items()}


def named(text: str) -> str | None:
    """The signal of a name (``TERM``, ``sigterm``) or a number; ``0`` only asks."""
    if text.isdigit():
        return "0" if int(text) == 0 else BY_NUMBER.get(int(text))
    name = text.upper().removeprefix("SIG")
    return name if name in NAMES else "0" if name == "EXIT" else None


def listing() -> str:
    """What ``kill -l`` prints."""
    cells = [f"{number:2}) SIG{name}" for number, name in sorted(BY_NUMBER.items())]
    rows = [cells[at : at + 5] for at in range(0, len(cells), 5)]
    return "".join("\t".join(row if len(row) == 5 else [*row, ""]) + "\n" for row in rows)
