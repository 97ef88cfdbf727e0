"""Logging in: the welcome, the shells within, and leaving them."""

from __future__ import annotations

import re

from tests.keyboard import Keyboard
from tests.pocket.service.conftest import Served
from tests.pocket.service.test_terminal import typist_on


def left(typist: Keyboard) -> None:
    typist.type("exit\r")
    typist.expect("logout")
    assert typist.process.wait(20) == 0


def test_the_welcome(lab: Served) -> None:
    typist = typist_on(lab)
    typist.expect("Welcome to Ubuntu 24.04.3 LTS (GNU/Linux ")
    typist.expect(" * Documentation:  https://help.ubuntu.com")
    typist.expect("System information as of ")
    typist.expect_pattern(r"System load: +\d\.\d\d +Processes: +\d+\r\n")
    typist.expect_pattern(r"Usage of /: +\d+\.\d% of \d+\.\d\dGB +Users logged in: +0\r\n")
    typist.expect_pattern(r"Memory usage: +\d+% +IPv4 address for ens3: 127\.")
    typist.expect("To run a command as administrator")
    typist.expect("$")
    assert "Last login" not in typist.seen
    typist.type("sudo chmod -x /etc/update-motd.d/10-*; echo 'Ask Ada.' | sudo tee /etc/motd\r")
    typist.expect("Ask Ada.\r\n")
    left(typist)
    again = typist_on(lab)
    again.expect("Ask Ada.\r\n")
    again.expect_pattern(r"Last login: \w+ \w+ +\d+ [\d:]+ \d+ from 127\.")
    again.expect("$")
    again.type("touch .hushlogin\r")
    again.expect("$")
    left(again)
    quiet = typist_on(lab)
    quiet.expect("ubuntu@master")
    left(quiet)
    assert not re.search("Welcome|Documentation|Last login|administrator", quiet.seen)


def test_no_welcome_in_a_shell_within(lab: Served) -> None:
    typist = typist_on(lab)
    typist.expect("$")
    typist.type("cd /tmp; export X=7 Y=8; bash\r")
    typist.type('echo "$X $SHLVL $(pwd) $0"\r')
    typist.expect("7 2 /tmp bash\r\n")
    typist.type("logout\r")
    typist.expect("bash: logout: not login shell: use `exit'")
    typist.type("exit\r")
    typist.type("sudo su - root\r")
    typist.expect("root@master")
    typist.type('pwd; echo $0 "<$X>"\r')
    typist.expect("/root\r\n-bash <>\r\n")
    typist.press("\x04", prompts=1)
    typist.expect("logout")
    typist.type("sudo su\r")
    typist.expect("root@master")
    typist.type("pwd; exit 3\r")
    typist.expect("/tmp\r\n")
    typist.type("echo $?; exec bash\r")
    typist.expect("3\r\n")
    typist.type("PS1='now \\W> '\r")
    typist.expect("now tmp>")
    typist.type("for i in 1\r")
    typist.expect("> ")
    typist.type("do tty; echo $$; done\r")
    typist.expect_pattern(r"/dev/pts/0\r\n\d{4,}\r\n")


def test_a_wrong_password(lab: Served) -> None:
    typist = typist_on(lab)
    typist.expect("$")
    typist.type("su\rsecret\r")
    typist.expect("Password: ")
    typist.expect("su: Authentication failure")
    assert "secret" not in typist.seen
