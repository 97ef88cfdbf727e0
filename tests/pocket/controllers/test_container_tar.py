"""`tar` in containers, by which `kubectl cp` works."""

from __future__ import annotations

import pytest

from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.test_network import pod, typed
from tests.pocket.controllers.test_servers import BOX

MADE = "cd /tmp; mkdir d; echo 1 > d/a; echo 2 > d/ab; echo 3 > dd; tar cf t.tar d dd; "


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("tar tf t.tar d", "d/\nd/a\nd/ab\n"),
        ("tar tf t.tar d/a", "d/a\n"),
        ("tar tf t.tar dd", "dd\n"),
        ("rm -r d dd; tar xf t.tar d/ab dd; cat d/ab dd; ls d", "2\n3\nab\n"),
    ],
)
async def test_what_is_named_is_taken_and_nothing_else(bench: Bench, script, out) -> None:
    await bench.make(pod("box", BOX, command=["sleep", "3600"]))
    assert await typed(bench, MADE + script) == (0, out)


async def test_a_name_that_is_not_there(bench: Bench) -> None:
    await bench.make(pod("box", BOX, command=["sleep", "3600"]))
    code, said = await typed(bench, MADE + "tar xf t.tar nosuch")
    assert code != 0
    assert "tar: nosuch: not found in archive" in said
