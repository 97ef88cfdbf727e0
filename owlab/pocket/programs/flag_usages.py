"""The lines of ``--help`` about flags, as Go programs (pflag) print them."""

from __future__ import annotations

from collections.abc import Iterable

from owlab.pocket.programs.pflag import Flag

_TYPES = {
    "string": "string",
    "bool": "",
    "int": "int",
    "float": "float32",
    "duration": "duration",
    "strings": "stringArray",
    "words": "strings",
}


def flag_usages(flags: Iterable[Flag]) -> str:
    """A line for each flag, by name: its letter, its value, what it does, its default."""
    rows = []
    for flag in sorted(flags, key=lambda flag: flag.name):
        if flag.becomes:
            continue
        word = f"-{flag.short}, --{flag.name}" if flag.short else f"    --{flag.name}"
        kind = flag.shown or _TYPES[flag.kind]
        if flag.bare is not None:
            kind += f'[="{flag.bare}"]'
        rows.append((f"  {word} {kind}".rstrip(), flag.help + _default(flag)))
    width = max((len(left) for left, _ in rows), default=0) + 3
    return "".join(f"{left:<{width}}{right}".rstrip() + "\n" for left, right in rows)


def _default(flag: Flag) -> str:
    if not flag.default:
        return ""
    if flag.kind == "duration":
        minutes, seconds = divmod(int(flag.default), 60)
        return f" (default {minutes}m{seconds}s)" if minutes else f" (default {seconds}s)"
    if flag.kind == "string":
        return f' (default "{flag.default}")'
    return f" (default {str(flag.default).lower()})"
