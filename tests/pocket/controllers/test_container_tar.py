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
    assert code == 1
    assert "tar: nosuch: not found in archive" in said


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("tar xqf t.tar", 1, "tar: invalid option -- 'q'\n"),
        ("tar --nosuch", 1, "tar: unrecognized option '--nosuch'\n"),
        ("tar -cf", 1, "tar: option requires an argument -- 'f'\n"),
        ("tar -c --file", 1, "tar: option '--file' requires an argument\n"),
        ("tar -f t.tar", 1, "tar: must specify one of -c, -x, -t\n"),
        ("tar -xtf t.tar", 1, "tar: must specify one of -c, -x, -t\n"),
        ("tar cf u.tar", 1, "tar: empty archive\n"),
        ("tar xf u.tar", 1, "tar: can't open 'u.tar': No such file or directory\n"),
        ("tar tf dd", 1, "tar: short read: this does not look like a tar archive\n"),
        (
            "tar xf t.tar -C none",
            1,
            "tar: can't change directory to 'none': No such file or directory\n",
        ),
        (
            "tar cf u.tar dd none; tar tf u.tar",
            0,
            "tar: none: No such file or directory\n"
            "tar: error exit delayed from previous errors\ndd\n",
        ),
        ("tar cvf u.tar d", 0, "d\nd/a\nd/ab\n"),
        ("tar cv dd 2>&1 >/dev/null", 0, "dd\n"),
        ("tar c dd | tar t", 0, "dd\n"),
        ("mkdir e; tar xvf t.tar --directory=e dd; cat e/dd", 0, "dd\n3\n"),
        ("tar czf u.tar -C d ab; tar --list --file=u.tar", 0, "ab\n"),
        ("chmod 751 dd; tar cf u.tar dd; rm dd; tar xf u.tar; ls -l dd | cut -c1-10", 0,
         "-rwxr-x--x\n"),
        ("ln -s a d/l; tar cf u.tar d; rm -r d; tar xf u.tar; readlink d/l; cat d/l", 0, "a\n1\n"),
        ("tar cf u.tar /tmp/dd; tar tf u.tar", 0, "tmp/dd\n"),
    ],
)  # fmt: skip
async def test_what_it_does_and_says(bench: Bench, script: str, code: int, said: str) -> None:
    await bench.make(pod("box", BOX, command=["sleep", "3600"]))
    assert await typed(bench, f"{{ {MADE}{script}; }} 2>&1") == (code, said)
