"""`ping`: whether an address is somebody's. A Service's is nobody's, and does not answer."""

from __future__ import annotations

from owlab.pocket.network.console import NetworkConsole
from owlab.pocket.network.programs.refusal import Refusal
from owlab.pocket.network.unreached import Unreached

_MOST = 100


async def ping(console: NetworkConsole) -> int:
    """``ping [-c COUNT] HOST``; one time where no count is given."""
    count, words, rest = 1, [], list(console.argv)
    while rest:
        word = rest.pop(0)
        if word in ("-c", "-W", "-w", "-i", "-s") and rest:
            value = rest.pop(0)
            count = int(value) if word == "-c" and value.isdecimal() else count
        elif word.startswith("-c") and word[2:].isdecimal():
            count = int(word[2:])
        elif not word.startswith("-"):
            words.append(word)
    if not words:
        raise Refusal("ping: usage error: Destination address required\n")
    name = words[0]
    try:
        (address, *_) = console.net.lookup(name)
    except Unreached as error:
        raise Refusal(f"ping: {name}: {error}\n", 2) from None
    count = min(count, _MOST)
    answered = count if console.net.echoes(address) else 0
    await console.out(f"PING {name} ({address}) 56(84) bytes of data.\n")
    for number in range(1, count + 1):
        if answered:
            await console.out(f"64 bytes from {address}: icmp_seq={number} ttl=64 time=0.1 ms\n")
        if number < count:
            await console.pause(1)
    lost = 0 if answered else 100
    await console.out(
        f"\n--- {name} ping statistics ---\n{count} packets transmitted, {answered} received, "
        f"{lost}% packet loss\n"
    )
    return 0 if answered else 1
