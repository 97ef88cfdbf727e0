"""The options of apt's programs, and apt's sentences about wrong ones."""

from __future__ import annotations

import getopt

from owlab.pocket.programs.options import Complaint


def options(
    argv: list[str], short: str, long: list[str], absent: str = ""
) -> tuple[set[str], list[str]]:
    """Options and words of one of apt's programs. Raises :class:`Complaint` in apt's sentences.

    :param absent: what apt knows, and the lab's does not.
    """
    try:
        given, words = getopt.gnu_getopt(argv, short, long)
    except getopt.GetoptError as error:
        option = f"--{error.opt}" if len(error.opt) > 1 else f"-{error.opt}"
        reason = "requires an argument."
        if "recognized" in error.msg:
            end = "." if len(error.opt) == 1 else ""
            reason = f"is not understood in combination with the other options{end}"
        kind = f"'{error.opt}' [from {option}]" if len(error.opt) == 1 else option
        raise Complaint(f"E: Command line option {kind} {reason}\n", 100) from None
    for option, _ in given:
        if option.lstrip("-") in absent.split():
            reason = "is not part of the pocket lab's apt"
            raise Complaint(f"E: Command line option {option} {reason}\n", 100)
    return {name for name, _ in given}, words
