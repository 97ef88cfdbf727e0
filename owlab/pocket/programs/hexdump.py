"""`hexdump` and `hd`: bytes as numbers, sixteen to a line."""

from __future__ import annotations

from collections.abc import Callable

from owlab.pocket.programs.base import STDIN, Call, program
from owlab.pocket.programs.options import Complaint, parse

LONG = "canonical one-byte-octal one-byte-char two-bytes-hex two-bytes-decimal two-bytes-octal "
LONG += "length= skip= no-squeezing"
WIDTH = 16
SIZES = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
NAMED = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}


def _bytes(form: Callable[[int], str]) -> Callable[[bytes], str]:
    return lambda row: "".join(form(byte) for byte in row).ljust(4 * WIDTH)


def _pairs(form: str, wide: int) -> Callable[[bytes], str]:
    def shown(row: bytes) -> str:
        pairs = [row[at : at + 2] for at in range(0, len(row), 2)]
        text = "".join(form.format(int.from_bytes(pair, "little")) for pair in pairs)
        return text.ljust(wide * WIDTH // 2)

    return shown


def _char(byte: int) -> str:
    if byte in NAMED:
        return f" {NAMED[byte]:>3}"
    return f" {chr(byte):>3}" if 32 <= byte < 127 else f" {byte:03o}"


def _canonical(row: bytes) -> str:
    halves = [" ".join(f"{byte:02x}" for byte in row[at : at + 8]) for at in (0, 8)]
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
    return f"  {halves[0]:<23}  {halves[1]:<23}  |{text}|"


FORMS = {
    "C": _canonical,
    "b": _bytes(lambda byte: f" {byte:03o}"),
    "c": _bytes(_char),
    "d": _pairs("   {:05d}", 8),
    "o": _pairs("  {:06o}", 8),
    "x": _pairs("    {:04x}", 8),
    "": _pairs(" {:04x}", 5),
}
LETTERS = {
    "canonical": "C", "one-byte-octal": "b", "one-byte-char": "c", "two-bytes-hex": "x",
    "two-bytes-decimal": "d", "two-bytes-octal": "o",
}  # fmt: skip


@program("hexdump", "hd", machines="all")
async def hexdump(call: Call) -> int:
    """FILEs or standard input in numbers; ``-C -b -c -d -o -x -n LENGTH -s SKIP -v``."""
    options = parse(call, "bcCde:f:n:os:vx", LONG)
    if options.has("e", "f"):
        raise Complaint(
            "hexdump: the pocket lab's hexdump has no formats (-e, -f): see xxd and od\n"
        )
    chosen = [LETTERS.get(name, name) for name, _ in options.given]
    letters = [one for one in chosen if one in FORMS]
    if call.name == "hd":
        letters.insert(0, "C")
    forms = [FORMS[one] for one in letters or [""]]
    content, failed = await _content(call, options.words)
    skip, length = _number(options.value("s", "skip")), options.value("n", "length")
    content = content[skip:] if length is None else content[skip : skip + _number(length)]
    if failed and failed == len(options.words):
        await call.err("hexdump: all input file arguments failed\n")
        return 1
    wide = 8 if forms[-1] is _canonical else 7
    before, squeezed = None, False
    for at in range(0, len(content), WIDTH):
        row = content[at : at + WIDTH]
        if row == before and not options.has("v", "no-squeezing"):
            await call.out("" if squeezed else "*\n")
            squeezed = True
            continue
        before, squeezed = row, False
        for form in forms:
            place = _place(skip + at, 8 if form is _canonical else 7)
            await call.out(f"{place}{form(row)}\n")
    if content:
        await call.out(f"{_place(skip + len(content), wide)}\n")
    return 1 if failed else 0


def _place(at: int, wide: int) -> str:
    return f"{at:0{wide}x}"


def _number(text: str | None) -> int:
    if text is None:
        return 0
    size = SIZES.get(text[-1:], 1)
    try:
        return int(text[:-1] if size > 1 else text, 0) * size
    except ValueError:
        raise Complaint(f"hexdump: failed to parse length: '{text}': Invalid argument\n") from None


async def _content(call: Call, names: tuple[str, ...]) -> tuple[bytes, int]:
    """All that is read, and how many files could not be."""
    if not names:
        return await call.stdin(), 0
    content, failed = b"", 0
    for name in names:
        try:
            given = name in STDIN and name != "-"  # which is a file's name here
            content += await call.stdin() if given else call.fs.read_file(call.path(name))
        except OSError as error:
            await call.err(f"hexdump: {name}: {error.strerror}\n")
            failed += 1
    return content, failed
