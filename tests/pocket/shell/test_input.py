"""Standard input of a script belongs to the command that reads it."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("mkdir -p d; cat > d/f; cat d/f", "one\ntwo\n"),
        ("mkdir -p d && touch x && chmod 600 x && cat", "one\ntwo\n"),
        ("if id -u > /dev/null; then head -1; fi", "one\n"),
        ("x=$(hostname); read a; echo $x $a", "master one\n"),
        ("ls; systemctl is-active ssh; wc -l", "active\n2\n"),
        ("id -u | cat; sudo tee f > /dev/null; cat f", "1000\none\ntwo\n"),
        ("command -v systemctl; type hostname; cat", "/usr/bin/systemctl\nhostname is /usr/bin/"),
        ("cp /etc/hostname h; rm h; grep two", "two\n"),
    ],
)
async def test_who_reads_gets_it(on, script, out):
    assert (await on("master", script, stdin=b"one\ntwo\n")).out.startswith(out)
