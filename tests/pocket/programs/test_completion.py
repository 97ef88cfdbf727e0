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
        ("cat 'unclosed", ""),
        ("nosuchprogr", ""),
    ],
)
async def test_tab(on, line, offered):
    typed = await on("master", f'__owlab_complete "{line}"')
    assert (typed.out, typed.err) == (offered, "")
