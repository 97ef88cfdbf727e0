"""Short options of the network's programs."""

from __future__ import annotations

import getopt

from owlab.pocket.network.console import NetworkConsole


class Refusal(Exception):
    """A program gives up: what it says, and its exit status."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.text, self.status = text, status


def parsed(
    console: NetworkConsole, short: str, long: tuple[str, ...] = ()
) -> tuple[dict[str, str], list[str]]:
    """Options without their dashes, and the words."""
    try:
        given, words = getopt.gnu_getopt(console.argv, short, list(long))
    except getopt.GetoptError as error:
        option = f"--{error.opt}" if len(error.opt) > 1 else error.opt
        raise Refusal(f"{console.name}: invalid option -- '{option}'\n", 2) from None
    return {name.lstrip("-"): value for name, value in given}, words
