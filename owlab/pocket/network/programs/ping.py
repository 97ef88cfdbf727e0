"""`ping`: whether an address is somebody's. A Service's is nobody's, and does not answer."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field

from owlab.pocket.ground.failures import Farewell
from owlab.pocket.network.console import NetworkConsole
from owlab.pocket.network.dns import is_address
from owlab.pocket.network.programs.refusal import Refusal, parsed
from owlab.pocket.network.unreached import Unreached

_HEADERS = 28
"""Bytes of the IP and ICMP headers."""
_LARGEST, _MOST, _SHORTEST = 127992, 2**63 - 1, 0.002


@dataclass
class _Pings:
    """What is asked for, and what came of it. Times are in seconds."""

    name: str
    address: str
    busybox: bool
    quiet: bool
    size: int = 56
    count: int | None = None
    interval: float = 1.0
    linger: float = 10.0
    deadline: float | None = None
    sent: int = 0
    waited: float = 0.0
    """In the lab's time."""
    took: list[float] = field(default_factory=list)
    """How long the lab took for each answer."""

    @property
    def ended(self) -> bool:
        late = self.deadline is not None and self.waited >= self.deadline
        return late or (self.count is not None and self.sent >= self.count)

    def opening(self) -> str:
        if self.busybox:
            return f"PING {self.name} ({self.address}): {self.size} data bytes\n"
        whole = self.size + _HEADERS
        return f"PING {self.name} ({self.address}) {self.size}({whole}) bytes of data.\n"

    def answer(self, numeric: bool) -> str:
        shown = f"{1000 * self.took[-1]:.3f} ms"
        bytes_, number = self.size + 8, self.sent
        if self.busybox:
            number -= 1
            return f"{bytes_} bytes from {self.address}: seq={number} ttl=64 time={shown}\n"
        plain = numeric or self.name == self.address
        source = self.address if plain else f"{self.name} ({self.address})"
        return f"{bytes_} bytes from {source}: icmp_seq={number} ttl=64 time={shown}\n"

    def statistics(self) -> str:
        received = len(self.took)
        lost = round(100 * (self.sent - received) / self.sent) if self.sent else 0
        head = (
            f"\n--- {self.name} ping statistics ---\n{self.sent} packets transmitted, {received} "
        )
        times = [1000 * one for one in self.took]
        if self.busybox:
            text = f"{head}packets received, {lost}% packet loss\n"
            return f"{text}round-trip min/avg/max = {_spread(times)} ms\n" if times else text
        text = f"{head}received, {lost}% packet loss, time {1000 * self.waited:.0f}ms\n"
        if not times:
            return f"{text}\n"
        mean = sum(times) / received
        deviation = math.sqrt(sum((one - mean) ** 2 for one in times) / received)
        return f"{text}rtt min/avg/max/mdev = {_spread(times)}/{deviation:.3f} ms\n"


async def ping(console: NetworkConsole, *, busybox: bool = False) -> int:
    """``ping [-c COUNT] [-i SECONDS] HOST``; without ``-c`` until Ctrl-C. Times are the lab's."""
    pings, numeric = _asked(console, busybox)
    await console.out(pings.opening())
    try:
        await _send(console, pings, numeric)
    except asyncio.CancelledError:
        raise Farewell(pings.statistics()) from None
    await console.out(pings.statistics())
    enough = pings.count if pings.deadline is not None and pings.count is not None else 1
    return 0 if len(pings.took) >= enough else 1


async def _send(console: NetworkConsole, pings: _Pings, numeric: bool) -> None:
    # Without an end it is for people to look at, and goes at their pace.
    pause = asyncio.sleep if pings.count is None else console.pause
    while not pings.ended:
        pings.sent += 1
        started = time.perf_counter()
        answered = console.net.echoes(pings.address)
        if answered:
            pings.took.append(time.perf_counter() - started)
            if not pings.quiet:
                await console.out(pings.answer(numeric))
        if pings.count != pings.sent:
            await pause(pings.interval)
            pings.waited += pings.interval
        elif not answered:
            await pause(pings.linger if pings.deadline is None else pings.deadline)


def _asked(console: NetworkConsole, busybox: bool) -> tuple[_Pings, bool]:
    given, words = parsed(console, "4c:i:ns:W:w:q")
    if not words:
        raise Refusal("ping: usage error: Destination address required\n")
    name = words[-1]
    try:
        (address, *_) = console.net.lookup(name)
    except Unreached as error:
        if busybox:
            raise Refusal(f"ping: bad address '{name}'\n") from None
        raise Refusal(f"ping: {name}: {error}\n", 2) from None
    pings = _Pings(name, address, busybox, "q" in given)
    if "c" in given:
        pings.count = _whole(given["c"], 1, _MOST)
    if "s" in given:
        pings.size = _whole(given["s"], 0, _LARGEST)
    if "i" in given:
        pings.interval = _seconds(given["i"])
        if pings.interval < _SHORTEST:
            raise Refusal(
                "ping: cannot flood, minimal interval for user must be >= 2 ms, "
                "use -i 0.002 (or higher)\n",
                2,
            )
    if "W" in given:
        pings.linger = _seconds(given["W"])
    if "w" in given:
        pings.deadline = _whole(given["w"], 0, _MOST) or None
    return pings, "n" in given or is_address(name)


def _whole(text: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise Refusal(f"ping: invalid argument: '{text}'\n") from None
    if not least <= number <= most:
        raise Refusal(
            f"ping: invalid argument: '{text}': out of range: {least} <= value <= {most}\n"
        )
    return number


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise Refusal(f"ping: option argument contains garbage: {text}\n")
    return number


def _spread(times: list[float]) -> str:
    return f"{min(times):.3f}/{sum(times) / len(times):.3f}/{max(times):.3f}"
