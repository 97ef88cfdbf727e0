"""Where the commands of a script are, and what stands around them."""

from __future__ import annotations

import pytest

from owlab.pocket.bash import tokens
from owlab.pocket.bash.syntax import Simple


def found(script: str, name: str) -> Simple:
    [one] = [simple for simple in tokens.commands(script) if simple.name == name]
    return one


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("echo a`date`b c", ["date", "echo a`date`b c"]),
        ("echo \"a`echo 'x y'`b\" c", ["echo 'x y'", "echo \"a`echo 'x y'`b\" c"]),
        ("x=1; y=(1 $(echo 4)); z+=5", ["echo 4"]),
        (
            'if true; then a; elif [ -f x ]; then b; else c "$(cat f)"; fi',
            ["true", "a", "[ -f x ]", "b", "cat f", 'c "$(cat f)"', "fi"],
        ),
        ("for i in 1 2; do a $i; done | sort", ["for i in 1 2", "a $i", "done", "sort"]),
        ("while read -r l; do a; done < f", ["read -r l", "a", "done"]),
        ("until a; do b; done", ["a", "b", "done"]),
        ("select x in a b; do break; done", ["select x in a b", "break", "done"]),
        ("case $1 in a|b) c;; (d) e;; *) f;& esac", ["case $1 in a", "b", "c", "d", "e", "*", "f",
                                                     "esac"]),
        ("f() { a; }; f & wait", ["f", "a", "}", "f", "wait"]),
        ("cat <<EOF && a\n$(b) `c` d\nEOF\ne", ["cat", "a", "e"]),
        ("cat <<-EOF | wc\n\tb\n\tEOF\ne", ["cat", "wc", "e"]),
        ("cat <<A <<'B'; a\n1\nA\nA\nB\nc", ["cat", "a", "c"]),
        ("echo $((1 + $(b))); (( x++ ))", ["b", "echo $((1 + $(b)))"]),
        ("for ((i=0; i<3; i++)); do a; done", ["for", "a", "done"]),
        ('[[ $a == b* && -f "$c" ]] || d', ['[[ $a == b* && -f "$c" ]]', "d"]),
        ('a "#b" c#d # e; rm x\nf', ['a "#b" c#d', "f"]),
        ("a ${x:-$(b)} ${#y[@]} \"${z//a/$(c)}\"", ["b", "c",
                                                    'a ${x:-$(b)} ${#y[@]} "${z//a/$(c)}"']),
        ("diff <(sort a) >(cat) |& tee l", ["sort a", "cat", "diff <(sort a) >(cat)", "tee l"]),
        ("{ a; b; } > o; ( c x; d )", ["a", "b", "}", "c x", "d"]),
        ("a b \\\n  c", ["a b c"]),
        ("time ! grep x && z || { q; }", ["grep x", "z", "q", "}"]),
        ("declare -a n=(1 2); local v=\"$@\"", ["declare -a n=(1 2)", 'local v="$@"']),
        ("a @(b|c) !(d) *.{x,y}", ["a @(b|c) !(d) *.{x,y}"]),
        ("a 'b;c' \"d|e\" f\\;g $'h\\'i;j'", ["a 'b;c' \"d|e\" f\\;g $'h\\'i;j'"]),
        ("a \"$(b \"$(c 'd)')\")\"", ["c 'd)'", "b \"$(c 'd)')\"", "a \"$(b \"$(c 'd)')\")\""]),
        ("", []),
        ("# a", []),
        ("a 'b", []),
        ("a $(b", []),
        ('a "b', []),
    ],
)  # fmt: skip
def test_the_commands_and_those_within_them(script: str, commands: list[str]) -> None:
    words = [" ".join(word.text for word in one.words) for one in tokens.commands(script)]
    assert words == commands
    for one in tokens.commands(script):
        for word in one.words:
            assert script[word.start : word.end] == word.text


@pytest.mark.parametrize(
    ("script", "name", "set_before", "led"),
    [
        ("a=1 b=$(c) d x > f 2>&1 <in", "d", ["a=1", "b=$(c)"], ["> f", "2>& 1", "< in"]),
        ("a >> f; b", "a", [], [">> f"]),
        ("a &> f; b &>> g", "b", [], ["&>> g"]),
        ("exec 3>&1 4< <(ls)", "exec", [], ["3>& 1", "4< <(ls)"]),
        ("a 2 > f", "a", [], ["> f"]),
        ("a 2> f 10<g", "a", [], ["2> f", "10< g"]),
        ('a <<< "$b"', "a", [], ['<<< "$b"']),
        ("a <> f >| g", "a", [], ["<> f", ">| g"]),
        ("x[1]=2 y+=3 a b=4", "a", ["x[1]=2", "y+=3"], []),
    ],
)
def test_what_is_set_and_where_it_leads(
    script: str, name: str, set_before: list[str], led: list[str]
) -> None:
    one = found(script, name)
    assert [word.text for word in one.assigned] == set_before
    assert [f"{sign.text} {to.text}" for sign, to in one.redirections] == led


@pytest.mark.parametrize(
    ("script", "name", "top", "ended_by"),
    [
        ("a; b", "a", True, ";"),
        ("a; b", "b", True, ""),
        ("a & b", "a", True, "&"),
        ("a && b", "a", True, "&&"),
        ("a || b", "a", True, "||"),
        ("a | b", "a", True, "|"),
        ("a |& b", "a", True, "|&"),
        ("a\nb", "a", True, "\n"),
        ("{ a; }", "a", False, ";"),
        ("( a )", "a", False, ")"),
        ("if a; then b; fi", "b", False, ";"),
        ("if a; then b; fi; c", "c", True, ""),
        ("x=$(a); b", "a", False, ")"),
        ("x=`a`; b", "a", False, ""),
        ("x=`a`; b", "b", True, ""),
        ("case x in y) a;; esac; b", "a", False, ";;"),
        ("case x in y) a;; esac; b", "b", True, ""),
        ("for i in 1; do a; done; b", "b", True, ""),
    ],
)
def test_where_a_command_stands(script: str, name: str, top: bool, ended_by: str) -> None:
    one = found(script, name)
    assert (one.top, one.ended_by) == (top, ended_by)


@pytest.mark.parametrize(
    ("script", "fed"),
    [
        ("a", []),
        ("a < f", ["a"]),
        ("a < /dev/tty", []),
        ("a > f", []),
        ("b | a", ["a"]),
        ("b | { a; c; }", ["a", "c"]),
        ("{ a; c; } < f; d", ["a", "c"]),
        ("while a; do c; done < f", ["a", "c"]),
        ("b | while a; do c; done", ["a", "c"]),
        ("while a; do c; done", []),
        ("a <<E\nx\nE\nc", ["a"]),
        ("a <<< x; c", ["a"]),
        ("a & c", ["a"]),
        ("{ a; } & c", ["a"]),
        ("a | b; c", ["b"]),
    ],
)
def test_what_reads_no_terminal(script: str, fed: list[str]) -> None:
    told = [one.name for one in tokens.commands(script) if one.fed]
    assert [name for name in told if name not in ("}", "done")] == fed


@pytest.mark.parametrize(
    ("script", "labels"),
    [
        ("case $1 in a|b) c;; (d) e;; *) f;; esac", ["b", "*"]),
        ("case x in\n  y) ( a );;\nesac; ( b )", ["y"]),
        ("( a ); b", []),
        ("f() { a; }", []),
        ("case x in y) case z in w) a;; esac;; esac", ["case", "case"]),
    ],
)
def test_the_last_pattern_of_a_branch_is_no_command(script: str, labels: list[str]) -> None:
    assert [one.name for one in tokens.commands(script) if one.label] == labels


def test_what_is_only_set() -> None:
    script = "x=1; y=(1 2) z=3; a=4 b; export c=5; $(d=6)"
    told = [[word.text for word in one.assigned] for one in tokens.assignments(script)]
    assert told == [["x=1"], ["y=(1 2)", "z=3"], ["d=6"]]


@pytest.mark.parametrize(
    ("script", "calculations", "arrays"),
    [
        ("echo $((1 + $(echo 2)))", ["1 + $(echo 2)"], []),
        ("(( x++ )); for ((i=0;i<3;i++)); do :; done", [" x++ ", "i=0;i<3;i++"], []),
        ('echo "$((a * (b + c)))"', ["a * (b + c)"], []),
        ("x=(1 2) y=3 z+=($(a) 4)", [], ["1 2", "$(a) 4"]),
        ("declare -a n=(1 2)", [], ["1 2"]),
        ("echo '$((1))' \\$((2", [], []),
        ("f=(\n  a # b\n  c\n)", [], ["\n  a # b\n  c\n"]),
    ],
)
def test_calculations_and_arrays(script: str, calculations: list[str], arrays: list[str]) -> None:
    assert [script[a:b] for a, b in tokens.calculations(script)] == calculations
    assert [script[a:b] for a, b in tokens.arrays(script)] == arrays


def test_where_process_numbers_are_expanded() -> None:
    script = "echo $$ $BASHPID ${PPID} '$$' \"$$\" \\$$ $BASHPIDS ${$} $(echo $PPID)"
    told = [(script[a:b], which) for a, b, which in tokens.numbers(script)]
    assert told == [
        ("$$", "$"),
        ("$BASHPID", "BASHPID"),
        ("${PPID}", "PPID"),
        ("$$", "$"),
        ("${$}", "$"),
        ("$PPID", "PPID"),
    ]


@pytest.mark.parametrize(
    ("script", "delimiters"),
    [
        ("cat <<E\na", ["E"]),
        ("cat <<E\na\nE", []),
        ("cat <<-E\n\ta\n\tE", []),
        ("cat <<-E\n\ta\n  E", ["E"]),
        ("cat <<'E F'\na\nE F\n", []),
        ("cat <<A <<B\na\nA\nb", ["B"]),
        ("cat <<\\E", ["E"]),
        ("cat <<E\na\n E\n", ["E"]),
    ],
)
def test_here_documents_that_the_end_ends(script: str, delimiters: list[str]) -> None:
    assert [one.delimiter for one in tokens.open_documents(script)] == delimiters


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("a; b & c\nd", [("a", ";"), ("b", "&"), ("c", "\n"), ("d", "")]),
        ("a &&\nb ||\nc |\nd; e", [("a &&\nb ||\nc |\nd", ";"), ("e", "")]),
        ("a && # why\nb", [("a && # why\nb", "")]),
        ("# a\n\nb # c\n", [("b # c", "\n")]),
        ("if a; then\n b\nfi; c", [("if a; then\n b\nfi", ";"), ("c", "")]),
        ("f() {\n a; b\n}\nf", [("f() {\n a; b\n}", "\n"), ("f", "")]),
        ("cat <<E\na; b\nE\nc", [("cat <<E", "\n"), ("c", "")]),
        ("case x in\n a) b;;\nesac\nc", [("case x in\n a) b;;\nesac", "\n"), ("c", "")]),
        ("", []),
    ],
)
def test_what_stands_at_the_top(script: str, statements: list[tuple[str, str]]) -> None:
    told = tokens.statements(script)
    assert [(script[one.start : one.end], one.sign) for one in told] == statements
