"""What is put another way before the interpreter gets it, and what is left as it is."""

from __future__ import annotations

import pytest

from owlab.pocket.bash import assigned_lists, gnu_errors, own_programs, source_names, traps


@pytest.mark.parametrize(
    ("script", "becomes"),
    [
        ('local all="$@"', 'local all="$*"'),
        ('export X="${@}" Y=1', 'export X="${*}" Y=1'),
        ('declare -r a="${b[@]}-x"', 'declare -r a="${b[*]}-x"'),
        ("readonly a=$@", "readonly a=$*"),
        ('local all+="$@"', 'local all+="$*"'),
        ('local all=("$@")', 'local all=("$@")'),
        ('local all; set -- "$@"', 'local all; set -- "$@"'),
        ('echo x="$@"', 'echo x="$@"'),
        ('f "$@"; local a="$@"; g "$@"', 'f "$@"; local a="$*"; g "$@"'),
    ],
)
def test_a_list_that_is_assigned(script: str, becomes: str) -> None:
    assert assigned_lists.joined(script) == becomes


@pytest.mark.parametrize(
    ("script", "becomes"),
    [
        ("echo $BASH_SOURCE", "echo $0"),
        ("echo ${BASH_SOURCE}", "echo ${0}"),
        ("echo ${BASH_SOURCE[0]}", "echo ${0}"),
        ("echo ${BASH_SOURCE[-1]}", "echo ${0}"),
        ("dirname ${BASH_SOURCE[0]%/*}", "dirname ${0%/*}"),
        ("echo ${BASH_SOURCE:-x}", "echo ${0:-x}"),
        ("echo ${BASH_SOURCE[2]}", "echo ${BASH_SOURCE[2]}"),
        ("echo ${BASH_SOURCE[@]}", "echo ${BASH_SOURCE[@]}"),
        ("echo ${#BASH_SOURCE[@]}", "echo ${#BASH_SOURCE[@]}"),
        ("echo $BASH_SOURCES", "echo $BASH_SOURCES"),
        ("echo $BASH_SOURCE[0]", "echo $BASH_SOURCE[0]"),
    ],
)
def test_the_name_of_a_script(script: str, becomes: str) -> None:
    assert source_names.of_file(script) == becomes


PLAIN = frozenset(["sort", "ls", "bash"])


@pytest.mark.parametrize(
    ("script", "becomes"),
    [
        ("sort --version", "__owlab_version sort"),
        ("sort --version | head -1", "__owlab_version sort | head -1"),
        ("helm --version", "helm --version"),
        ("bash --version", "bash --version"),
        ("sort --version x", "sort --version x"),
        ("command -v bash", "echo /usr/bin/bash"),
        ("command -v sh; command -v ls", "echo /usr/bin/sh; command -v ls"),
        ("type bash", "echo bash is /usr/bin/bash"),
        ("type -t sh", "echo file"),
        ("type -p sh", "echo /usr/bin/sh"),
        ("type -P bash", "echo /usr/bin/bash"),
        ("type -a bash", "type -a bash"),
        ("type ls", "type ls"),
        ("trap -l", "__owlab_signals"),
        ("trap -l x", "trap -l x"),
        ("wc f", "__owlab_wc f"),
        ("wc -l", "wc -l"),
        ("wc -lw", "wc -lw"),
        ("wc -l f", "__owlab_wc -l f"),
        ("wc --lines", "__owlab_wc --lines"),
        ("declare -F", "declare -F | __owlab_hidden "),
        ("typeset -p", "typeset -p | __owlab_hidden "),
        ("declare -p x", "declare -p x"),
        ("compgen -A function", "compgen -A function | __owlab_hidden compgen"),
        ("compgen -W 'a b'", "compgen -W 'a b'"),
        ("echo sort --version", "echo sort --version"),
    ],
)
def test_questions_about_programs(script: str, becomes: str) -> None:
    assert own_programs.told(script, PLAIN) == becomes


@pytest.mark.parametrize(
    ("said", "script", "shown"),
    [
        ("sort: /home/u/f: No such file or directory", "sort f",
         "sort: cannot read: f: No such file or directory"),
        ("sort: /home/u/f: Permission denied", "sort f",
         "sort: cannot read: f: Permission denied"),
        ("sort: /home/u/d: Is a directory", "sort d", "sort: read failed: d: Is a directory"),
        ("tac: /home/u/f: No such file or directory", "tac f",
         "tac: failed to open 'f' for reading: No such file or directory"),
        ("rev: /a/f: No such file or directory", "rev f",
         "rev: cannot open f: No such file or directory"),
        ("uniq: /a/b/f: No such file or directory", "uniq b/f",
         "uniq: b/f: No such file or directory"),
        ("uniq: /a/b/f: No such file or directory", "uniq /a/b/f",
         "uniq: /a/b/f: No such file or directory"),
        ("cut: /a/f: No such file or directory", "cut -c1 $x", "cut: f: No such file or directory"),
        ("ls: /a/f: No such file or directory", "ls f", "ls: /a/f: No such file or directory"),
        ("tr: missing operand", "tr",
         "tr: missing operand\nTry 'tr --help' for more information."),
        ("tr: missing operand after 'a'\nTry 'tr --help' for more information.", "tr a",
         "tr: missing operand after ‘a’\nTry 'tr --help' for more information."),
        ("seq: invalid floating point argument: 'x'", "seq x",
         "seq: invalid floating point argument: ‘x’"),
        ("join: extra operand 'c'", "join a b c",
         "join: extra operand ‘c’\nTry 'join --help' for more information."),
        ("plain", "x", "plain"),
    ],
)  # fmt: skip
def test_errors_in_the_words_of_gnus_tools(said: str, script: str, shown: str) -> None:
    assert gnu_errors.gnu(f"{said}\n".encode(), script).decode() == f"{shown}\n"


@pytest.mark.parametrize(
    ("script", "typed", "changed"),
    [
        ("trap 'echo e' ERR; false", False, True),
        ("trap 'echo e' ERR; false", True, False),
        ("trap 'echo e' EXIT; false", False, False),
        ("trap - ERR", False, False),
        ("trap '' ERR", False, False),
        ("trap -p ERR", False, False),
        ("echo trap x ERR", False, False),
        ("trap 'rm x; exit' EXIT", False, True),
        ("trap 'rm x; exit 3' EXIT", False, False),
        ("echo $BASH_COMMAND", False, True),
        ("ls", False, False),
    ],
)
def test_which_traps_are_put_another_way(script: str, typed: bool, changed: bool) -> None:
    assert (traps.trapped(script, typed=typed) != script) is changed


def test_what_a_trap_of_debug_may_not_ask_is_refused() -> None:
    done = traps.trapped("trap 'echo $BASH_COMMAND' DEBUG; ls")
    assert done == f"echo 'bash: {traps.SENTENCE}' >&2; (exit 2)"


@pytest.mark.parametrize(
    ("script", "apart"),
    [
        ("trap 'exit 3' EXIT; ls", True),
        ('trap "exit 3" 0; ls', True),
        ("trap f EXIT; exit 1", True),
        ("trap 'rm x' EXIT; ls", False),
        ("exit 3", False),
        ("trap 'exit 3' INT; ls", False),
    ],
)
def test_a_subshell_that_a_trap_leaves_is_a_shell_of_its_own(script: str, apart: bool) -> None:
    done = traps.leaving(script)
    assert done.startswith("command bash -c ") if apart else done == script
