"""`tput` and `stty`: what a terminal can do, and how large its window is."""

from __future__ import annotations

from owlab.pocket.ground.keyboards import KeyboardReader
from owlab.pocket.machines.visits import outermost
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse

ESC = "\x1b"
CAN = {
    "bold": f"{ESC}[1m",
    "dim": f"{ESC}[2m",
    "sitm": f"{ESC}[3m",
    "smul": f"{ESC}[4m",
    "rmul": f"{ESC}[24m",
    "blink": f"{ESC}[5m",
    "rev": f"{ESC}[7m",
    "smso": f"{ESC}[7m",
    "rmso": f"{ESC}[27m",
    "sgr0": f"{ESC}(B{ESC}[m",
    "clear": f"{ESC}[H{ESC}[2J{ESC}[3J",
    "el": f"{ESC}[K",
    "el1": f"{ESC}[1K",
    "ed": f"{ESC}[J",
    "home": f"{ESC}[H",
    "civis": f"{ESC}[?25l",
    "cnorm": f"{ESC}[?12l{ESC}[?25h",
    "sc": f"{ESC}7",
    "rc": f"{ESC}8",
    "cuu1": f"{ESC}[A",
    "bel": "\a",
    "smcup": f"{ESC}[?1049h",
    "rmcup": f"{ESC}[?1049l",
}
USUAL = (80, 24)


def window(call: Call) -> tuple[int, int] | None:
    """Columns and lines of the terminal that the command was typed at."""
    top = outermost(call.session)
    return top.size if top is not None and top.tty else None


@program("tput", machines="all")
async def tput(call: Call) -> int:
    """``cols``, ``lines``, ``colors``, ``setaf N``, ``setab N``, ``cup Y X``, ``bold`` ..."""
    words = list(call.argv)
    while words[:1] in (["-T"], ["-S"]):
        del words[:2]
    if not words:
        raise Complaint("usage: tput [-V] [-S] [-x] [-T term] capname\n", 2)
    name, numbers = words[0], words[1:]
    columns, lines = window(call) or USUAL
    answers = {"cols": columns, "lines": lines, "colors": 256}
    if name in answers:
        await call.out(f"{answers[name]}\n")
    elif name in ("setaf", "setab") and numbers and numbers[0].isdecimal():
        await call.out(_colour(name, int(numbers[0])))
    elif name == "cup" and len(numbers) == 2 and all(one.isdecimal() for one in numbers):
        await call.out(f"{ESC}[{int(numbers[0]) + 1};{int(numbers[1]) + 1}H")
    elif name in ("init", "reset"):
        await call.out(f"{ESC}[!p{ESC}[?3;4l{ESC}[4l{ESC}>")
    elif name in CAN:
        await call.out(CAN[name])
    else:
        raise Complaint(f"tput: unknown terminfo capability '{name}'\n", 4)
    return 0


def _colour(name: str, number: int) -> str:
    base = 30 if name == "setaf" else 40
    if number < 8:
        return f"{ESC}[{base + number}m"
    if number < 16:
        return f"{ESC}[{base + 60 + number - 8}m"
    return f"{ESC}[{base + 8};5;{number}m"


@program("tty", machines="all")
async def tty(call: Call) -> int:
    """The terminal's device, where standard input is one."""
    quiet = parse(call, "s", "silent quiet").has("s", "silent", "quiet")
    if not isinstance(call.reader, KeyboardReader):
        await call.out("" if quiet else "not a tty\n")
        return 1
    visit = call.machine.visits.of(call.session)
    await call.out("" if quiet else f"/dev/{visit.terminal if visit is not None else 'pts/0'}\n")
    return 0


@program("stty", machines="all")
async def stty(call: Call) -> int:
    """``size`` and ``-a``; the terminal belongs to your computer, which the lab does not set."""
    size = window(call)
    if size is None:
        raise Complaint("stty: 'standard input': Inappropriate ioctl for device\n")
    words = [word for word in call.argv if word not in ("-F", "/dev/tty")]
    if words == ["size"]:
        await call.out(f"{size[1]} {size[0]}\n")
    elif words in (["-a"], ["--all"], []):
        await call.out(f"speed 38400 baud; rows {size[1]}; columns {size[0]}; line = 0;\n")
    elif words != ["sane"]:
        raise Complaint(f"stty: {words[0]}: the terminal is your computer's and stays as it is\n")
    return 0
