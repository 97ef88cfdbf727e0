"""watch: a command again and again, until Ctrl-C."""

from __future__ import annotations

import asyncio

from owlab.pocket.programs.base import Call, program

USAGE = "Usage:\n watch [options] command\n"
CLEAR = "\x1b[H\x1b[2J"
SHORTEST = 0.1


@program("watch", machines="all")
async def watch(call: Call) -> int:
    """Show what a command prints every two seconds, or every ``-n`` of them."""
    words, seconds = list(call.argv), 2.0
    title, until_change, until_error = True, False, False
    while words and words[0].startswith("-") and len(words[0]) > 1:
        option = words.pop(0)
        name, equals, value = option.partition("=")
        if name in ("-n", "--interval") or (option.startswith("-n") and not equals):
            text = value or (option[2:] if len(option) > 2 and option[1] == "n" else "")
            text = text or (words.pop(0) if words else "")
            try:
                seconds = max(float(text), SHORTEST)
            except ValueError:
                await call.err(f"watch: failed to parse argument: '{text}'\n")
                return 1
        elif option in ("-t", "--no-title"):
            title = False
        elif option in ("-g", "--chgexit"):
            until_change = True
        elif option in ("-e", "--errexit"):
            until_error = True
        elif option not in ("-d", "--differences", "-c", "--color", "-x", "--exec", "-b", "--beep"):
            await call.err(f"watch: unrecognized option '{option}'\n{USAGE}")
            return 1
    if not words:
        await call.err(USAGE)
        return 1
    before: bytes | None = None
    while True:
        status, shown = await _look(call, words)
        head = f"Every {seconds:.1f}s: {' '.join(words)}\n\n" if title else ""
        await call.out((CLEAR + head).encode() + shown)
        if (until_error and status) or (until_change and before not in (None, shown)):
            return status
        before = shown
        await asyncio.sleep(seconds)


async def _look(call: Call, words: list[str]) -> tuple[int, bytes]:
    session = call.machine.session(user=call.user, cwd=call.cwd, env=call.env, parent=call.session)
    shown = bytearray()

    async def keep(data: bytes) -> None:
        shown.extend(data)

    # The words become one line of the shell, as with the real one.
    return await session.run(" ".join(words), keep, keep, stdin=b""), bytes(shown)
