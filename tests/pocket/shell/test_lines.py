"""What is typed or pasted: where a command ends, and which one waits for more to be typed."""

from __future__ import annotations

import pytest

from owlab.pocket.bash import lines, menus, outputs, parameters, sentences
from owlab.pocket.bash.expansions import closed, expanded


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("ls", True),
        ("", True),
        ("# a comment &&", True),
        ("if true; then", False),
        ("if true; then ls; fi", True),
        ("for i in 1; do", False),
        ("while read x; do echo $x; done", True),
        ("case x in", False),
        ("f() {", False),
        ("f() { ls; }", True),
        ("(ls", False),
        ("(ls)", True),
        ("echo 'a", False),
        ('echo "a', False),
        ('echo "a\nb"', True),
        ("echo $(ls", False),
        ("ls &&", False),
        ("ls ||", False),
        ("ls |", False),
        ("ls | # a comment", False),
        ("ls &", True),
        ("ls && \n", False),
        ("echo a \\", False),
        ("echo a \\\\", True),
        ("echo a \\\n", False),
        ("cat <<EOF", False),
        ("cat <<EOF\na", False),
        ("cat <<EOF\na\nEOF", True),
        ("cat <<-EOF\n\ta\n\tEOF", True),
        ("cat <<EOF\na\n EOF", False),
        ("cat <<'EOF'\n$(\nEOF", True),
        ("cat <<A <<B\nA\nb", False),
        ("cat <<A <<B\nA\nB", True),
        ("cat <<< EOF", True),
        ("# cat <<EOF", True),
        ("fi", True),  # wrong, and no line makes it right
    ],
)
def test_whether_it_can_be_run_as_it_is(text: str, whole: bool) -> None:
    assert lines.complete(text) is whole


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("a\nb", ["a", "b"]),
        ("\n# c\n\na\n\n", ["a"]),
        ("if a\nthen b\nfi\nc", ["if a\nthen b\nfi", "c"]),
        ("a \\\n b\nc", ["a \\\n b", "c"]),
        ("cat <<E\n# x\n\nE\nd", ["cat <<E\n# x\n\nE", "d"]),
        ("a && # why\nb\nc", ["a && # why\nb", "c"]),
        ("echo 'a\n\n# b'\nc", ["echo 'a\n\n# b'", "c"]),
        ("a\nif b", ["a", "if b"]),
        ("", []),
    ],
)
def test_a_block_is_pasted_command_by_command(text: str, commands: list[str]) -> None:
    assert list(lines.commands(text)) == commands


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("cat > f", True),
        ("cat", True),
        ("cat -", True),
        ("cat -n >> f", True),
        ("sudo cat > f", True),
        ("sudo -n tee f", True),
        ("tee -a f > /dev/null", True),
        ("cat | sort", True),
        ("sort", True),
        ("wc -l", True),
        ("read name", True),
        ("command cat", True),
        ("cat f", False),
        ("sort f", False),
        ("cat < f", False),
        ("cat <<E", False),
        ("ls | cat", False),
        ("cat; ls", False),
        ("cat && ls", False),
        ("cat || ls", False),
        ("cat &", False),
        ("echo $(cat)", False),
        ("cat\nls", False),
        ("ls", False),
        ("cat 'f", False),
        ("", False),
        ("sudo", False),
    ],
)
def test_which_command_waits_for_what_is_typed(text: str, reads: bool) -> None:
    assert lines.reads_terminal(text) is reads


def test_what_is_typed_becomes_the_commands_input() -> None:
    asked: list[int | None] = []

    def typed(count: int | None) -> str:
        asked.append(count)
        return "one\n"

    given = lines.with_input("read x", typed).split("\n")
    assert given[0] == "{ read x" and given[1].startswith("} <<'END_") and given[2] == "one"
    assert given[1] == f"}} <<'{given[3]}'" and len(given) == 4
    assert lines.with_input("cat > f", typed).startswith("{ cat > f\n}")
    assert lines.with_input("ls", typed) == "ls"
    assert asked == [1, None]


VALUES = {"$": "7", "0": "bash", "!": "9", "PPID": "1"}


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo $$ ${$} $0 $! $PPID", "echo 7 7 bash 9 1"),
        ("echo '$$' \"$$\" \\$$ \"'$$'\"", "echo '$$' \"7\" \\$$ \"'7'\""),
        ("echo $PPIDS ${PPID}x $-", "echo $PPIDS 1x $-"),
        ("echo a # $$\necho $$", "echo a # $$\necho 7"),
        ('echo a#$$ "#$$"', 'echo a#7 "#7"'),
        ("#$$\n$$", "#$$\n7"),
        ("cat <<E\n$$\nE\n$$", "cat <<E\n7\nE\n7"),
        ("cat <<'E'\n$$\nE\n$$", "cat <<'E'\n$$\nE\n7"),
        ('cat <<"E"\n$$\nE\n$$', 'cat <<"E"\n$$\nE\n7'),
        ("cat <<\\E\n$$\nE\n$$", "cat <<\\E\n$$\nE\n7"),
        ("cat <<-'E'\n\t$$\n\tE\n$$", "cat <<-'E'\n\t$$\n\tE\n7"),
        ("cat <<'A' <<'B'\n$$\nA\n$$\nB\n$$", "cat <<'A' <<'B'\n$$\nA\n$$\nB\n7"),
        ("cat <<<'E' $$\n$$", "cat <<<'E' 7\n7"),
        ("no", "no"),
        ("'$$", "'$$"),
    ],
)
def test_parameters_are_told_where_they_are_expanded(script: str, told: str) -> None:
    assert parameters.told(script, VALUES) == told


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo $EPOCHSECONDS", "echo $(date +%s)"),
        ("echo $((EPOCHSECONDS - 5))", "echo $(($(date +%s) - 5))"),
        ("echo $(( ($EPOCHSECONDS) / 2 ))", "echo $(( ($(date +%s)) / 2 ))"),
        ("echo EPOCHSECONDS", "echo EPOCHSECONDS"),
        ("echo ${EPOCHREALTIME}", "echo $(date +%s.%6N)"),
    ],
)
def test_moments(script: str, told: str) -> None:
    assert parameters.timed(script) == told


@pytest.mark.parametrize(
    ("script", "becomes"),
    [
        ("echo $((${s:1:2} + 1))", 'echo $(($(printf %s "${s:1:2}") + 1))'),
        ("((x = ${s// /+}))", '((x = $(printf %s "${s// /+}")))'),
        ("echo $((${a[0]^}))", 'echo $(($(printf %s "${a[0]^}")))'),
        ("echo $((${s/\\}/1}))", 'echo $(($(printf %s "${s/\\}/1}")))'),
        ("echo $((${s:-1}))", "echo $((${s:-1}))"),
        ("echo $((${#s} + s))", "echo $((${#s} + s))"),
        ("echo ${s:1:2} $((1))", "echo ${s:1:2} $((1))"),
        ("declare -A m=([a b]=1 [c]=2)", 'declare -A m=(["a b"]=1 [c]=2)'),
        ("declare -A m=(['a b']=1 [$x y]=2)", "declare -A m=(['a b']=1 [$x y]=2)"),
        ("[ a b ]=c", "[ a b ]=c"),
    ],
)
def test_expansions_that_the_interpreter_has_not(script: str, becomes: str) -> None:
    assert expanded(script) == becomes


def test_a_here_document_without_its_end_is_closed_and_warned_of() -> None:
    assert closed("cat <<E\na\nE\n") == "cat <<E\na\nE\n"
    warning = "bash: line 3: warning: here-document at line 2 delimited by end-of-file"
    done = closed("ls\ncat <<E\na")
    assert done == f"printf %s '{warning} (wanted `E'\\'')\n' >&2; ls\ncat <<E\na\nE\n"
    assert closed("cat <<E\n", "sh").startswith("printf %s 'sh: line 1: warning: ")


@pytest.mark.parametrize(
    ("script", "changed"),
    [
        ("select x in a b; do break; done", True),
        ("select x; do break; done", True),
        ("echo select x in a", False),
        ("'select' x in a", False),
        ("select", False),
    ],
)
def test_a_menu(script: str, changed: bool) -> None:
    done = menus.shown(script)
    assert (done != script) is changed
    if changed:
        assert menus.SHOW in done and "PS3" in done and done.endswith("; do break; done")
        assert ("=( a b )" in done) is (" in " in script)
        assert ('=( "$@" )' in done) is (" in " not in script)


@pytest.mark.parametrize(
    ("script", "begins"),
    [
        ("ls > >(cat)", "ls > >(cat)"),
        ("exec > >(tee f); a\nb", "{ :; a\nb\n} | { tee f\n}; (exit ${PIPESTATUS[0]})"),
        ("x=1; exec > >(tee f) 2>&1; a", "x=1; { :; a\n} 2>&1 | { tee f\n}; (exit"),
        ("exec &> >(tee f)\na", "{ :\na\n} 2>&1 | { tee f\n}; (exit"),
        ("{ a; } > >(cat)", "echo 'bash: >(...) behind a compound command"),
        ("if a; then exec > >(cat); fi", "echo 'bash: >(...) behind"),
        ("exec 2> >(cat); a", "echo 'bash: >(...) behind"),
        ("exec > f; a", "exec > f; a"),
    ],
)
def test_output_to_a_command(script: str, begins: str) -> None:
    assert outputs.piped(script).startswith(begins)


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        (b"bash: line 1: x: command not found. Did you mean: y?\n",
         b"bash: line 1: x: command not found\n"),
        (b"io error: no\n", b"no\n"),
        (b"find: 'x': No such file or directory\n",
         "find: ‘x’: No such file or directory\n".encode()),
        (b"grep: 'x': y\n", b"grep: 'x': y\n"),
        (b"bash: line 3: fg: %1: no such job\n", b"bash: line 3: fg: no job control\n"),
    ],
)  # fmt: skip
def test_an_error_as_bash_prints_it(said: bytes, plain: bytes) -> None:
    assert sentences.plain(said) == plain


def test_an_error_at_a_prompt() -> None:
    said = b"bash: line 1: jq: command not found\nbash: line 1: cd: x: No such file\n"
    told = sentences.typed(said, lambda name: f"apt install {name}" if name == "jq" else "")
    assert told == (
        b"Command 'jq' not found, but can be installed with:\napt install jq\n"
        b"bash: cd: x: No such file\n"
    )
    assert sentences.typed(b"bash: zz: command not found\n", lambda _: "") == (
        b"zz: command not found\n"
    )


@pytest.mark.parametrize(
    ("said", "seconds", "told"),
    [
        (b"user\tunavailable\nsys\tunavailable\n", 61.5, b"user\t1m1.500s\nsys\t0m0.000s\n"),
        (b"user unavailable\nsys unavailable\n", 1.234, b"user 1.23\nsys 0.00\n"),
        (b"user\tunavailable\n", -1, b"user\t0m0.000s\n"),
        (b"real\t1\n", 1, b"real\t1\n"),
    ],
)
def test_time(said: bytes, seconds: float, told: bytes) -> None:
    assert sentences.timed(said, seconds) == told


@pytest.mark.parametrize(
    ("problem", "script", "prompt", "told"),
    [
        ("parse error at line 2, column 1: syntax error near unexpected token `fi'", "a\nfi", False,
         "bash: -c: line 2: syntax error near unexpected token `fi'\nbash: -c: line 2: `fi'\n"),
        ("parse error at line 1, column 1: syntax error near unexpected token `fi'", "fi", True,
         "bash: syntax error near unexpected token `fi'\n"),
        ("parse error at line 9, column 1: syntax error near unexpected token `x'", "a", False,
         "bash: -c: line 9: syntax error near unexpected token `x'\nbash: -c: line 9: `'\n"),
        ("parse error at line 1, column 3: odd", "a", False,
         "bash: -c: line 1: syntax error: odd\n"),
        ("parse error at line 1, column 3: unexpected EOF", "a", True, "bash: unexpected EOF\n"),
        ("something else", "a", True, "bash: something else\n"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_script_that_cannot_be_read(
    problem: str, script: str, prompt: bool, told: str
) -> None:
    assert sentences.grammar(problem, script, prompt=prompt) == told


def test_too_much_from_a_file_is_told_with_the_way_out() -> None:
    told = sentences.grammar("execution budget exceeded", "a", prompt=True)
    assert told == f"bash: {sentences.TOO_MUCH}\n"
