"""Rules of ``sudoers``: which commands they speak of, and for whom."""

from __future__ import annotations

import pytest

from owlab.pocket.machines.accounts import GROUP, PASSWD, Accounts
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.sudoers import Sudoers, read_file
from owlab.pocket.machines.tree import Tree


class Holder:
    """What has a file of rules."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, path: str) -> bytes:
        return self.text.encode()


def rules(text: str) -> Sudoers:
    return read_file(Holder(text), "/etc/sudoers.d/x")  # type: ignore[arg-type]


@pytest.fixture
def accounts() -> Accounts:
    files = Files(Tree())
    files.mkdir("/etc")
    files.write_file(PASSWD, b"root:x:0:0::/root:/bin/bash\nann:x:1001:1001::/home/ann:/bin/sh\n")
    files.write_file(GROUP, b"root:x:0:\nann:x:1001:\nops:x:1002:ann\nweb:x:1003:\n")
    return Accounts(files.tree)


def allowed(text: str, accounts: Accounts, target: str, command: str) -> bool:
    ann = accounts.user("ann")
    assert ann is not None
    found = rules(text)
    assert found.problems == []
    return found.allow(found.of(ann, accounts), target, command.split())


@pytest.mark.parametrize(
    ("said", "command", "may"),
    [
        ("ALL", "/usr/bin/id", True),
        ("/usr/bin/id", "/usr/bin/id", True),
        ("/usr/bin/id", "/usr/bin/id -u", True),
        ("/usr/bin/id", "/usr/bin/cat /usr/bin/id", False),
        ('/usr/bin/id ""', "/usr/bin/id", True),
        ('/usr/bin/id ""', "/usr/bin/id -u", False),
        ("/usr/bin/id -u", "/usr/bin/id -u", True),
        ("/usr/bin/id -u", "/usr/bin/id", False),
        ("/usr/bin/id -u", "/usr/bin/id -u ann", False),
        ("/usr/bin/id -u *", "/usr/bin/id -u ann", True),
        ("/usr/bin/", "/usr/bin/cat /etc/shadow", True),
        ("/usr/bin/", "/usr/sbin/reboot /usr/bin/x", False),
        ("/usr/bin/", "/usr/bin/deep/cat", False),
        ("/usr/bin/*", "/usr/bin/cat /etc/shadow", True),
        ("/usr/bin/*", "/usr/bin/deep/cat", False),
        ("/usr/*/cat", "/usr/bin/cat", True),
        ("/usr/bin/c?t", "/usr/bin/cut", True),
        ("/usr/bin/[a-c]*", "/usr/bin/dd", False),
        ("ALL, !/usr/bin/id", "/usr/bin/id", False),
        ("ALL, !/usr/bin/id", "/usr/bin/cat", True),
        ("!/usr/bin/id, ALL", "/usr/bin/id", True),
        ("ALL, !/usr/bin/", "/usr/bin/id", False),
    ],
)
def test_which_commands(accounts, said: str, command: str, may: bool) -> None:
    assert allowed(f"ann ALL={said}", accounts, "root", command) == may


@pytest.mark.parametrize(
    ("line", "target", "may"),
    [
        ("ann ALL=ALL", "root", True),
        ("ann ALL=ALL", "web", False),
        ("ann ALL=(ALL) ALL", "web", True),
        ("ann ALL=(ALL:ALL) ALL", "web", True),
        ("ann ALL=(web) ALL", "web", True),
        ("ann ALL=(web,db) NOPASSWD: ALL", "db", True),
        ("ann ALL=(web, db) ALL, !/usr/bin/cat", "db", True),
        ("ann ALL=(web) ALL", "db", False),
        ("ann ALL=(web) ALL", "root", False),
        ("%ops ALL=ALL", "root", True),
        ("%ann ALL=ALL", "root", True),
        ("%web ALL=ALL", "root", False),
        ("#1001 ALL=ALL", "root", True),
        ("#1002 ALL=ALL", "root", False),
        ("ALL ALL=ALL", "root", True),
        ("bob, ann ALL=ALL", "root", True),
        ("bob ALL=ALL", "root", False),
        ("User_Alias A = bob, ann\nA ALL=ALL", "root", True),
        ("User_Alias A = bob : B = ann\nB ALL=ALL", "root", True),
        ("User_Alias A = bob : B = ann\nA ALL=ALL", "root", False),
        ("Cmnd_Alias C = /usr/bin/id, /usr/bin/cat\nann ALL=C", "root", True),
        ("Cmnd_Alias C = /usr/bin/id\nann ALL=ALL, !C", "root", False),
        ("ann ALL=ALL # why not", "root", True),
        ("ann ALL=\\\n ALL", "root", True),
        ("ann ALL=!ALL\nann ALL=ALL", "root", True),
        ("ann ALL=ALL\n%ops ALL=!/usr/bin/id", "root", False),
    ],
)
def test_for_whom_and_as_whom(accounts, line: str, target: str, may: bool) -> None:
    assert allowed(line, accounts, target, "/usr/bin/id") == may


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", []),
        ("Defaults env_reset\n@includedir /etc/sudoers.d\n#includedir /x\n# note\n\n", []),
        ("ann ALL=/usr/bin/id, sudoedit /etc/hosts, CMNDS", []),
        ("ann", [(1, 3)]),
        ("ann ALL", [(1, 7)]),
        ("ann ALL=", [(1, 8)]),
        ("ann ALL=id", [(1, 10)]),
        ("ann ALL=ALL ALL", [(1, 15)]),
        ("ann ALL=ALL\nbob\n\n ann x", [(2, 3), (4, 6)]),
        ("User_Alias ops = ann", [(1, 20)]),
        ("User_Alias OPS", [(1, 14)]),
    ],
)
def test_what_is_no_rule(text: str, problems: list[tuple[int, int]]) -> None:
    lines = text.split("\n")
    assert rules(text).problems == [
        f"/etc/sudoers.d/x:{line}:{column}: syntax error\n{lines[line - 1]}\n"
        for line, column in problems
    ]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("ann ALL=ALL", "(root) ALL"),
        ("ann ALL=(ALL) NOPASSWD: /usr/bin/id", "(ALL) NOPASSWD: /usr/bin/id"),
        ("ann ALL=(ALL : ALL) ALL", "(ALL : ALL) ALL"),
        ("ann ALL=(web:www) !/usr/bin/id -u", "(web : www) !/usr/bin/id -u"),
        ("ann ALL=() ALL", "(root) ALL"),
    ],
)
def test_how_a_rule_is_listed(line: str, shown: str) -> None:
    assert [rule.shown() for rule in rules(line).rules] == [shown]
