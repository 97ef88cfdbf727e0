"""`mktemp`: names that nobody has, and what becomes of those that somebody has."""

from __future__ import annotations

import pytest


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Letters in the order in which they are drawn, and the last one from then on."""
    letters = list("aaab")
    monkeypatch.setattr(
        "owlab.pocket.programs.mktemp.secrets.choice",
        lambda _: letters.pop(0) if len(letters) > 1 else letters[0],
    )
    return letters


@pytest.mark.parametrize(
    ("line", "out", "err", "status"),
    [
        ("mktemp t.XXX; ls -d t.*; stat -c '%a %s' t.bbb", "t.bbb\nt.aaa\nt.bbb\n600 0\n", "", 0),
        ("mktemp -d t.XXX; stat -c %a t.bbb", "t.bbb\n700\n", "", 0),
        ("mktemp -u t.XXX; ls -d t.*", "t.bbb\nt.aaa\n", "", 0),
        ("mktemp -p . t.XXX", "./t.bbb\n", "", 0),
        (
            "touch t.bbb; mktemp t.XXX",
            "",
            "mktemp: failed to create file via template ‘t.XXX’: File exists\n",
            1,
        ),
    ],
)
async def test_a_name_that_is_taken_is_drawn_anew(on, drawn, line, out, err, status):
    typed = await on("master", f"touch t.aaa; {line}")
    assert (typed.out, typed.err, typed.status) == (out, err, status)
