"""What Tab offers on a machine."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("systemc", "systemctl \n"),
        ("sudo cat /etc/hos", "/etc/hostname \n/etc/hosts \n"),
        ("systemctl resta", "restart \n"),
        ("systemctl status sn", "snapd \n"),
        ("cd /e", "/etc/\n"),
        ("cat /e", "/etc/\n"),
        ("ls ~/.bashr", "~/.bashrc \n"),
        ("echo a | gre", "grep \n"),
        ("apt install zi", "zip \n"),
        ("cat /root/", ""),
        ("ls ~ub", "~ubuntu/\n"),
        ("ls ~nosuch", ""),
        ("cat 'unclosed", ""),
        ("nosuchprogr", ""),
    ],
)
async def test_tab(on, line, offered):
    typed = await on("master", f'__owlab_complete "{line}"')
    assert (typed.out, typed.err) == (offered, "")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("echo $HO", "$HOME \n"),
        ("echo ${LOGN", "${LOGNAME}\n"),
        ("echo a$mine", "a$mine_own \n"),
        ("echo $nosuch", ""),
        ("echo $__owl", ""),
    ],
)
async def test_variables_are_offered(on, line, offered):
    typed = await on("master", f"export mine_own=1; __owlab_complete '{line}'")
    assert (typed.out, typed.err) == (offered, "")
