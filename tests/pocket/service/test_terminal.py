"""The terminal: lines, scripts, and what is typed at a prompt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.bash.lines import commands, complete, reads_terminal
from tests.keyboard import Keyboard
from tests.pocket.service.conftest import Served

WORDS = [sys.executable, "-m", "owlab.pocket.client.terminal", "--dir"]


def script(lab: Served, text: str, machine: str = "host") -> tuple[int, str, str]:
    done = subprocess.run(
        [*WORDS, str(lab.directory), machine],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "echo 'a",
        'echo "a',
        "echo a \\",
        "cat <<EOF\nx",
        "cat <<-EOF\nx",
        "cat <<'E' > f\nx",
        "for i in 1 2; do",
        "if true; then\n echo",
        "while read l; do",
        "f() {",
        "{ echo",
        "(echo",
        "case x in",
        "echo $(ls",
        "ls |",
        "ls &&",
        "ls ||",
        "a <<X; b <<Y\n1\nX\n2",
    ],
)
def test_unfinished(text: str) -> None:
    assert not complete(text)


@pytest.mark.parametrize(
    "text",
    [
        "ls",
        "echo a \\\n b",
        "cat <<EOF\nx\nEOF",
        "cat <<-EOF\n\tx\n\tEOF",
        "cat <<< word",
        "for i in 1 2; do\n echo $i\ndone",
        "echo )",
        "echo '<<EOF'",
        "# a comment with ' and <<EOF",
        "echo \\\\",
    ],
)
def test_finished(text: str) -> None:
    assert complete(text)


@given(st.text(max_size=40))
def test_no_text_is_lost_or_breaks_it(text: str) -> None:
    lines = [line for line in text.split("\n") if line.strip()]
    given_back = "\n".join(commands(text)).split("\n")
    assert all(line in given_back for line in lines if not line.lstrip().startswith("#"))


def test_the_guide_can_be_piped_in(lab: Served) -> None:
    text = """\
# in the laptop's shell
x=5
cat <<EOF
value $x
EOF
multipass shell master
cd /tmp && hostname
false
echo "status $?"
for i in 1 2; do
    echo $i \\
        more
done
exit
echo back on $(hostname), x=$x
exit 3
echo never
"""
    assert script(lab, text) == (
        3,
        "value 5\nmaster\nstatus 1\n1 more\n2 more\nback on host, x=5\n",
        "",
    )


def test_the_last_status_counts(lab: Served) -> None:
    assert script(lab, "true\nfalse\n", "master")[0] == 1
    assert script(lab, "false\ntrue\n", "master")[0] == 0


def test_set_e_ends_the_shell(lab: Served) -> None:
    assert script(lab, "set -e\nfalse\necho never\n", "master")[:2] == (1, "")


def test_a_script_is_told_nothing_of_its_jobs(lab: Served) -> None:
    text = "sleep 0.2 &\n(sleep 0.1; echo from job; exit 3) &\nwait $!\necho $?\nwait\n"
    assert script(lab, text, "master") == (0, "from job\n3\n", "")


def test_bad_grammar_does_not_end_it(lab: Served) -> None:
    status, out, err = script(lab, "echo )\necho $?\n", "master")
    assert (status, out) == (0, "2\n")
    assert "syntax error" in err


def test_shells_within_shells(lab: Served) -> None:
    lab.mp("launch", "--name", "other")
    text = "multipass shell master\nexit\nmultipass shell other\nhostname\n"
    assert script(lab, text)[1] == "other\n"


def test_a_machine_that_stops_under_a_shell(lab: Served) -> None:
    text = "multipass shell master\nmultipass stop master\nhostname\n"
    assert "not found" in script(lab, text)[2]


def test_unknown_machines(lab: Served) -> None:
    status, _, err = script(lab, "true\n", "nope")
    assert status == 2
    assert 'instance "nope" does not exist' in err


def test_execute_of_a_script_that_enters_a_machine(lab: Served) -> None:
    text = "multipass shell master\nhostname\nexit 0\nhostname; exit 7"
    assert lab.on("host", text) == (7, "master\nhost\n", "")


def typist_on(lab: Served) -> Keyboard:
    return Keyboard([*WORDS, str(lab.directory), "master"])


def test_typing(lab: Served) -> None:
    typist = typist_on(lab)
    typist.expect("$")
    typist.type("echo $((6*7))\r")
    typist.expect("42\r\n")
    typist.expect("$")
    typist.type("half a li\x03")
    typist.expect("^C")
    typist.type("echo $((6*9)); sleep 600\r")
    typist.expect("54\r\n")
    typist.type("\x03")
    typist.expect("^C")
    typist.type("echo alive\r")
    typist.expect("alive\r\n")
    typist.type("for i in 7 8; do\recho n$i; done\r")
    typist.expect("n7\r\nn8\r\n")
    typist.type("exit 5\r")
    assert typist.process.wait(20) == 5
    assert "sleep 600" in lab.on("master", "cat ~/.bash_history")[1]


def test_ctrl_z_stops_the_command_and_not_the_terminal(lab: Served) -> None:
    typist = typist_on(lab)
    typist.expect("$")
    typist.type("for i in 1 2; do echo n$i; sleep 1; done\r")
    typist.expect("n1\r\n")
    os.kill(typist.process.pid, signal.SIGTSTP)
    typist.expect("[1]+  Stopped                 for i in 1 2;")
    typist.type("jobs; echo still $((6*7))\r")
    typist.expect("[1]+  Stopped                 for i in 1 2;")
    typist.expect("still 42\r\n")
    typist.type("\x1afg\r")
    typist.expect("n2\r\n")
    typist.type("exit\r")
    assert typist.process.wait(20) == 0


def test_what_reads_the_terminal_gets_what_is_typed(lab: Served) -> None:
    typist = typist_on(lab)
    typist.expect("$")
    typist.type("cat > note\r")
    typist.type("first line\rsecond: $HOME\r\x04")
    typist.expect("$")
    typist.type("cat note\r")
    typist.expect("first line\r\nsecond: $HOME\r\n")
    typist.type("read -p 'Name? ' name\r")
    typist.type("Ada\r")
    typist.type('echo "hello $name"\r')
    typist.expect("hello Ada\r\n")
    typist.type("cat > dropped\r")
    typist.type("never mind\r")
    typist.expect("never mind\r\n")
    typist.type("\x03")
    typist.expect("^C")
    typist.type("echo 'and' typed\r")
    typist.expect("and typed\r\n")
    typist.type("history 1\r")
    typist.expect("history 1\r\n")
    typist.type("exit\r")
    assert typist.process.wait(20) == 0


def test_a_question_a_menu_and_what_was_typed_before(lab: Served) -> None:
    typist = typist_on(lab)
    typist.expect("$")
    typist.type("read -p 'Who? ' a; echo hi $a\rAda\n")
    typist.expect("hi Ada\r\n")
    typist.type("select x in red blue; do echo got $x; break; done\r")
    typist.expect("#? ")
    typist.type("2\n")
    typist.expect("got blue\r\n")
    typist.type("echo first second\r")
    typist.expect("first second\r\n")
    typist.type("echo again !$\r")
    typist.expect("again second\r\n")
    typist.type("!nosuch\r")
    typist.expect("event not found")
    typist.type("echo $COLUMNS\r")
    typist.expect("80\r\n")
    typist.type("exit\r")
    assert typist.process.wait(20) == 0


@pytest.mark.parametrize("text", ["cat > f", "sudo tee /etc/exports", "read x", "cat", "wc -l -"])
def test_these_read_the_terminal(text: str) -> None:
    assert reads_terminal(text)


@pytest.mark.parametrize(
    "text", ["cat f", "echo x | cat", "cat <<E\nx\nE", "cat < f", "ls", "tee f < g", "", "cat 'a"]
)
def test_these_do_not(text: str) -> None:
    assert not reads_terminal(text)


def test_the_laptop_lists_its_files(lab: Served) -> None:
    done = subprocess.run(
        [*WORDS, str(lab.directory), "host"],
        input="touch a; ls -l; ls /etc/passwd; nosuch\n",
        text=True,
        capture_output=True,
    )
    assert " a\n" in done.stdout
    assert "__owlab" not in done.stdout + done.stderr
    assert done.stderr == "nosuch: command not found\n"


def test_shells_of_the_same_machine(lab: Served) -> None:
    typist = typist_on(lab)
    typist.expect("ubuntu@master")
    typist.type("cd /tmp\r")
    typist.type("sudo -i\r")
    typist.expect("root@master")
    typist.type("whoami; pwd\r")
    typist.expect("root\r\n/root\r\n")
    typist.type("exit\r")
    typist.expect("ubuntu@master")
    typist.type("X=1\r")
    typist.type("bash\r")
    typist.type('echo "[$X]$(pwd)"\r')
    typist.expect("[]/tmp\r\n")
    typist.type("exit\r")
    typist.type('echo "[$X]"\r')
    typist.expect("[1]\r\n")
    typist.type("exit\r")
    assert typist.process.wait(20) == 0


def test_what_was_typed_is_remembered(lab: Served) -> None:
    typist = typist_on(lab)
    typist.expect("$")
    typist.type("echo first\r")
    typist.expect("first\r\n")
    typist.type(" echo hidden; HISTIGNORE='ls*'\r")
    typist.expect("hidden\r\n")
    typist.type("ls /\r")
    typist.expect("usr")
    typist.type("echo second\recho second\r")
    typist.expect("second\r\n")
    typist.type("history\r")
    typist.expect_pattern(r" 1  echo first\r\n +2  echo second\r\n +3  history\r\n")
    typist.type("fc -ln 1 1; echo x > own; history -d 2\r")
    typist.expect("\t echo first\r\n")
    typist.type("exit\r")
    assert typist.process.wait(20) == 0
    assert lab.on("master", "stat -c %a .bash_history; head -n2 .bash_history")[1] == (
        "600\necho first\nhistory\n"
    )
    again = typist_on(lab)
    again.expect("$")
    again.type("\x12fir")
    again.expect("reverse-i-search")
    again.type("\r")
    again.expect("first\r\n")
    again.type("history -c\r")
    again.expect("$")
    again.type("!!\r!echo\r")
    again.expect("bash: !echo: event not found")
    other = Keyboard([*WORDS, str(lab.directory), "host"])
    other.expect("$")
    other.type("history\r")
    other.expect(" 1  history\r\n")
