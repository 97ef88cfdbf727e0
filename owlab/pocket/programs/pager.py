"""`less` and `more`: where nobody turns pages, all of them at once."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import parse


@program("less", "more", "pager", machines="all")
async def less(call: Call) -> int:
    """Show FILEs, or standard input."""
    words = [word for word in call.argv if not word.startswith("+")]
    call.argv = words
    options = parse(
        call, "eEFgiIJKmMnNqQrRsSuUVwWXfacdlpx:j:P:t:k:o:", "no-init quit-if-one-screen"
    )
    status = 0
    if not options.words:
        while (chunk := await call.reader.read_chunk()) is not None:
            await call.out(chunk)
        return 0
    for name in options.words:
        path = call.path(name)
        if call.fs.is_directory(path):
            await call.err(f"{name} is a directory\n")
            status = 1
            continue
        try:
            await call.out(call.fs.read_file(path))
        except OSError as error:
            await call.err(f"{name}: {error.strerror}\n")
            status = 1
    return status
