"""`touch` in a container: bashkit's own sets times, which a volume of a machine does not take."""

from __future__ import annotations

import posixpath

from bashkit import CommandContext


async def touch(context: CommandContext) -> int:
    """Make FILEs that are missing; one that is there counts as changed."""
    names = [word for word in context.argv if not word.startswith("-")]
    keep = any(word in ("-c", "--no-create") for word in context.argv)
    if not names:
        await context.stderr.write(b"touch: missing file operand\n")
        return 1
    status = 0
    for name in names:
        path = posixpath.normpath(posixpath.join(context.cwd, name))
        try:
            if context.fs.exists(path):
                if context.fs.stat(path)["file_type"] == "file":
                    context.fs.append_file(path, b"")
            elif not keep:
                context.fs.write_file(path, b"")
        except RuntimeError as error:
            reason = str(error).removeprefix("io error: ")
            await context.stderr.write(f"touch: {name}: {reason}\n".encode())
            status = 1
    return status
