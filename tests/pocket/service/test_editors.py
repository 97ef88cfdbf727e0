"""Editors that commands open at a terminal."""

from __future__ import annotations

import pytest

from tests.keyboard import Keyboard
from tests.pocket.service.conftest import Served
from tests.pocket.service.test_terminal import WORDS

ESC = "\x1b"


@pytest.fixture
def typist(lab: Served) -> Keyboard:
    lab.on("master", "touch .hushlogin")
    typist = Keyboard([*WORDS, str(lab.directory), "master"])
    typist.expect("$")
    return typist


def test_an_editor_behind_other_commands(lab: Served, typist: Keyboard) -> None:
    typist.type("cd /tmp; for f in one two; do vim $f; done\r")
    typist.expect('"one" [New]')
    typist.type(f"ifirst{ESC}:wq\r")
    typist.expect('"two" [New]')
    typist.type(f"isecond{ESC}:wq\r")
    typist.expect("$")
    typist.type("cat one two\r")
    typist.expect("first\r\nsecond\r\n")


def test_without_a_name(lab: Served, typist: Keyboard) -> None:
    typist.type("vim\r")
    typist.expect("\x1b[?1049h")
    typist.type(f"itext{ESC}:w\r")
    typist.expect("E32: No file name")
    typist.type(":w own.txt\r")
    typist.expect('"own.txt" 1L, 5B written')
    typist.type(":q\r")
    typist.expect("$")
    typist.type("cat own.txt\r")
    typist.expect("text\r\n")


def test_by_the_rights_of_who_opens_it(lab: Served, typist: Keyboard) -> None:
    typist.type("vi /etc/hosts\r")
    typist.expect('"/etc/hosts" [readonly]')
    typist.type("x:w\r")
    typist.expect("E45")
    typist.type(":w!\r")
    typist.expect("E212")
    typist.type(":q!\rsudo nano +1 /etc/hosts\r")
    typist.expect("[ Read 2 lines ]")
    typist.type("#\x18y\r")
    typist.expect("[ Wrote 2 lines ]")
    typist.expect("$")
    typist.type("head -c 5 /etc/hosts\r")
    typist.expect("#127.")


def test_crontab_and_sudoers(lab: Served, typist: Keyboard) -> None:
    typist.type("EDITOR=vim crontab -e\r")
    typist.expect("/tmp/crontab")
    typist.type(f"O5 4 * * * date{ESC}:wq\r")
    typist.expect("crontab: installing new crontab")
    typist.type("crontab -l | head -n 1\r")
    typist.expect("5 4 * * * date\r\n")
    typist.type("sudo visudo -f /etc/sudoers.d/web\r")
    typist.expect("/etc/sudoers.d/web.tmp")
    typist.type("nonsense\x18y\r")
    typist.expect("What now? ")
    typist.type("x\r")
    typist.expect("$")
    typist.type("sudo cat /etc/sudoers.d/web; sudo visudo -c\r")
    typist.expect("/etc/sudoers: parsed OK")


def test_where_no_terminal_is_one_is_told(lab: Served) -> None:
    status, _, errors = lab.on("master", "vim f")
    assert status == 1
    assert "tee f <<'EOF'" in errors
