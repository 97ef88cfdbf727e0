"""`visudo -c`: whether the rules of `sudo` can be read."""

from __future__ import annotations

from owlab.pocket.ground.keyboards import KeyboardReader
from owlab.pocket.machines import sudoers
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.editors import chosen, edited_text
from owlab.pocket.programs.options import Complaint, parse


@program("visudo")
async def visudo(call: Call) -> int:
    """``-c`` checks the files, ``-f FILE`` one; in a terminal it opens the editor."""
    options = parse(call, "cf:qs", "check file= quiet strict", absent="s strict")
    if not options.has("c", "check") and isinstance(call.reader, KeyboardReader):
        return await _edited(call, options.value("f", "file") or sudoers.FILE)
    if not options.has("c", "check"):
        raise Complaint("visudo: no editor here: sudo tee /etc/sudoers.d/NAME, then visudo -c\n")
    name = options.value("f", "file") or (options.words[0] if options.words else "")
    path = call.path(name) if name else ""
    if not call.root and not path:
        raise Complaint(f"visudo: {sudoers.FILE}: Permission denied\n")
    found = sudoers.read_file(call.machine, path) if path else sudoers.read(call.machine)
    if path and call.read(path) is None:
        raise Complaint(f"visudo: unable to open {name}: No such file or directory\n")
    for problem in found.problems:
        await call.err(problem.replace(path, name, 1) if path else problem)
    if not options.has("q", "quiet"):
        bad = {problem.partition(":")[0] for problem in found.problems}
        for one in [path] if path else found.files:
            if one not in bad:
                await call.out(f"{name or one}: parsed OK\n")
    return 1 if found.problems else 0


async def _edited(call: Call, name: str) -> int:
    """What is written counts only when it can be read."""
    path = call.path(name)
    before = call.read(path)
    if not call.root:
        raise Complaint(f"visudo: {name}: Permission denied\n")
    text = (before or b"").decode(errors="replace")
    while (after := await edited_text(call, text, program=chosen(call), shown=f"{name}.tmp")) and (
        after != text
    ):
        call.machine.files.write_file(path, after.encode())
        call.machine.files.chmod(path, 0o440)
        problems = sudoers.read_file(call.machine, path).problems
        if not problems:
            break
        call.machine.files.write_file(path, before or b"")
        await call.err("".join(problems) + "What now? ")
        assert isinstance(call.reader, KeyboardReader)
        answer = (await call.reader.keyboard.ask() or b"x")[:1]
        if answer == b"Q":
            call.machine.files.write_file(path, after.encode())
        if answer in (b"x", b"Q"):
            break
        text = after
    return 0
