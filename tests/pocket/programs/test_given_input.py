"""A script's input goes to those who read it."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "line",
    [
        "hostname",
        "free",
        "lsblk",
        "systemctl is-active ssh",
        "ip addr",
        "journalctl -n 1",
        "rm -f x",
    ],
)
async def test_what_reads_nothing_leaves_the_input_to_the_next(on, line):
    typed = await on("master", f"{line} > /dev/null; cat", stdin=b"one\ntwo\n")
    assert typed.out == "one\ntwo\n"
    typed = await on(
        "master", f"while read l; do {line} > /dev/null; echo $l; done", stdin=b"one\ntwo\n"
    )
    assert typed.out == "one\ntwo\n"
