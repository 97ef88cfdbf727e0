"""The machine's side of an editor: a file read and written with the rights of who opened it."""

from __future__ import annotations

import base64
import json

from owlab.pocket.programs.base import Call, program


@program("__owlab_read", machines="all")
async def read(call: Call) -> int:
    """Print a file for the editor, as JSON: its text, whether it is new, or what is wrong."""
    path = call.path(call.argv[0])
    try:
        answer = {"text": base64.b64encode(call.fs.read_file(path)).decode()}
    except FileNotFoundError:
        answer = {"new": "yes", "text": ""}
    except OSError as error:
        answer = {"problem": error.strerror or str(error)}
    await call.out(json.dumps(answer))
    return 0


@program("__owlab_write", machines="all")
async def write(call: Call) -> int:
    """Write a file with what is on standard input in base64; print what is wrong, or nothing."""
    path, content = call.path(call.argv[0]), base64.b64decode(await call.stdin())
    try:
        call.fs.write_file(path, content)
    except OSError as error:
        await call.out(error.strerror or str(error))
    return 0
