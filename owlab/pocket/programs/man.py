"""`man`: a page of each of the lab's own programs."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, load_programs, program
from owlab.pocket.programs.boundary import help_of
from owlab.pocket.programs.options import Complaint
from owlab.pocket.programs.pager import in_pages


@program("man", machines="all")
async def man(call: Call) -> int:
    """A short page of each of the lab's own programs."""
    words = [word for word in call.argv if not word.startswith("-") and not word.isdigit()]
    if not words:
        raise Complaint("What manual page do you want?\nFor example, try 'man man'.\n")
    entry = load_programs().get(words[0])
    if entry is None or not entry.on(call.machine):
        raise Complaint(f"No manual entry for {words[0]}\n", 16)
    _, _, text = help_of(words[0], entry).partition("\n")
    indented = "".join(f"       {line}\n" for line in text.strip().splitlines() if line)
    title = f"{words[0].upper()}(1)"
    page = (
        f"{title:<28}User Commands{title:>28}\n\nNAME\n       {words[0]}\n\nDESCRIPTION\n{indented}"
    )
    await in_pages(call, page, f" Manual page {words[0]}(1) line 1 (press h for help or q to quit)")
    return 0
