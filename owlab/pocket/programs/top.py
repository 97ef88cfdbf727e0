"""`top`: the table of processes, again and again."""

from __future__ import annotations

from dataclasses import dataclass

from owlab.pocket.machines import usage
from owlab.pocket.machines.processes import ProcessRow
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.logins import headline
from owlab.pocket.programs.options import Complaint, parse
from owlab.pocket.programs.processes import processes, value
from owlab.pocket.programs.tput import USUAL, window

HEAD = 8
"""Lines before the table's own."""


@dataclass(frozen=True)
class TopArguments:
    """What was asked for on the command line."""

    batch: bool
    times: int | None
    seconds: float
    pids: frozenset[int]
    user: str | None

    @classmethod
    def of(cls, call: Call) -> TopArguments:
        """Read the words; raises Complaint."""
        try:
            given = parse(call, "bn:d:p:u:")
        except Complaint as error:
            said = error.text.partition("\n")[0]
            raise Complaint(f"{said}\n{call.name}: the lab's knows -b -n -d -p -u\n") from None
        if given.words:
            raise Complaint(f"{call.name}: unknown option '{given.words[0]}'\n")
        times, delay = given.value("n"), given.value("d") or "3"
        if times is not None and not (times.isdecimal() and int(times)):
            raise Complaint(f"{call.name}: bad iterations argument '{times}'\n")
        if not delay.replace(".", "", 1).isdecimal():
            raise Complaint(f"{call.name}: bad delay interval '{delay}'\n")
        pids = [one for text in given.values("p") for one in text.split(",")]
        if bad := [one for one in pids if not one.isdecimal()]:
            raise Complaint(f"{call.name}: bad pid '{bad[0]}'\n")
        user = given.value("u")
        if user is not None and call.machine.accounts.user(user) is None:
            raise Complaint(f"{call.name}: Invalid user\n")
        return cls(
            given.has("b"),
            int(times) if times else None,
            float(delay),
            frozenset(map(int, pids)),
            user,
        )

    def fits(self, row: ProcessRow) -> bool:
        """The process is one of those asked for."""
        return (not self.pids or row.pid in self.pids) and self.user in (None, row.user)


@program("top", "htop")
async def top(call: Call) -> int:
    """The table, every three seconds at a terminal: ``q`` leaves; once with ``-b`` or elsewhere.

    ``-n COUNT`` times, ``-d SECONDS`` apart; of these processes with ``-p PID``, ``-u USER``.
    """
    wanted = TopArguments.of(call)
    if call.screen is None or wanted.batch:
        for number in range(wanted.times or 1):
            if number:
                await call.pause(wanted.seconds)
                await call.out("\n")
            await _table(call, wanted, None)
        return 0
    await call.out("\x1b[?1049h")
    try:
        key: bytes | None = b" "
        left = wanted.times
        while key not in (b"q", b"Q", b"\x03", None) and left != 0:
            await call.out("\x1b[H\x1b[2J")
            await _table(call, wanted, window(call) or USUAL)
            try:
                key = await call.screen.ask(echo=False, keys=1, seconds=wanted.seconds)
            except TimeoutError:
                key = b" "
            left = None if left is None else left - 1
    finally:
        await call.out("\x1b[?1049l")
    return 0


async def _table(call: Call, wanted: TopArguments, size: tuple[int, int] | None) -> None:
    rows = [row for row in processes(call) if wanted.fits(row)]
    used, total = (size / (1 << 20) for size in usage.memory(call.machine))
    await call.out(
        f"top -{headline(call)}"
        f"Tasks: {len(rows):>3} total,   1 running, {len(rows) - 1:>3} sleeping,   0 stopped,   "
        "0 zombie\n"
        "%Cpu(s):  0.0 us,  0.0 sy,  0.0 ni,100.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\n"
        f"MiB Mem : {total:>8.1f} total, {total - used:>8.1f} free, {used:>8.1f} used,      "
        "0.0 buff/cache\n"
        f"MiB Swap:      0.0 total,      0.0 free,      0.0 used. {total - used:>8.1f} avail Mem\n"
        "\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n"
    )
    room = size[1] - HEAD if size is not None else len(rows)
    for row in sorted(rows, key=lambda row: -row.memory)[:room]:
        line = (
            f"{row.pid:>7} {row.user:<8}  20   0 {row.memory * 9:>7} {row.memory:>6} "
            f"{row.memory // 2:>6} {row.state[0]}   0.0 {value(call, row, '%mem'):>5}   0:00.00 "
            f"{row.name}"
        )
        await call.out(f"{line[: size[0]] if size is not None else line}\n")
