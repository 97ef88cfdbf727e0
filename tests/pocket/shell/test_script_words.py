"""A script's words: which commands it has, and where they begin and end."""

from __future__ import annotations

import itertools

import pytest

from owlab.pocket.bash import tokens


def found(script: str) -> list[str]:
    """The words of each command, ``|`` between two."""
    return ["|".join(word.text for word in one.words) for one in tokens.commands(script)]


def sent(script: str) -> list[str]:
    """Where the commands of a script read from and print to."""
    return [
        f"{one.name}: " + " ".join(f"{sign.text} {to.text}" for sign, to in one.redirections)
        for one in tokens.commands(script)
        if one.redirections
    ]


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("a b c", ["a|b|c"]),
        ("a  b\t c ", ["a|b|c"]),
        ("a; b && c || d | e & f\ng", ["a", "b", "c", "d", "e", "f", "g"]),
        ("a |& b ;; c", ["a", "b", "c"]),
        ("a \\\n b", ["a|b"]),
        ("a # b; c\nd", ["a", "d"]),
        ("a x#y", ["a|x#y"]),
        ("a 'b; c' \"d; e\" f\\;g $'h;\\'i'", ["a|'b; c'|\"d; e\"|f\\;g|$'h;\\'i'"]),
        ('a "b \\" c; d"; e', ['a|"b \\" c; d"', "e"]),
        ('a "$(b; c)" d', ["b", "c", 'a|"$(b; c)"|d']),
        ("a `b; c` d", ["b", "c", "a|`b; c`|d"]),
        ('a "`b`" c', ["b", 'a|"`b`"|c']),
        ("a ${b:-$(c d)} e", ["c|d", "a|${b:-$(c d)}|e"]),
        ("a $((1 + (2))) b", ["a|$((1 + (2)))|b"]),
        ("((i++)); a", ["a"]),
        ("for ((i=0; i<3; i++)); do a; done", ["for", "a", "done"]),
        ("if a; then b; elif c; else d; fi", ["a", "b", "c", "d", "fi"]),
        ("while a; do b; done; until c; do d; done", ["a", "b", "done", "c", "d", "done"]),
        ("{ a; b; }; (c; d)", ["a", "b", "}", "c", "d"]),
        ("! a; time b", ["a", "b"]),
        ("[[ a && ( b || c ) ]] && d", ["[[|a|&&|(|b||||c|)|]]", "d"]),
        ("[[ a =~ ^(b|c d)$ ]]; e", ["[[|a|=~|^(b|c d)$|]]", "e"]),
        ("[[ a\n&& b # no\n]]; c", ["[[|a|&&|b|]]", "c"]),
        ("[[ a < b ]]; c", ["[[|a|<|b|]]", "c"]),
        ("ls @(a|b)c d; e", ["ls|@(a|b)c|d", "e"]),
        ("ls !(a).c ?(x)y *(z) +(q)r", ["ls|!(a).c|?(x)y|*(z)|+(q)r"]),
        ("ls @(a|(b))c d", ["ls|@(a|(b))c|d"]),
        ("a <(b c) >(d) e", ["b|c", "d", "a|<(b c)|>(d)|e"]),
        ("x=1 y=2 a b", ["a|b"]),
        ("x=(1 2 # three\n3) a", ["a"]),
        ("declare x=(1 2) y; b", ["declare|x=(1 2)|y", "b"]),
        ("echo x=1", ["echo|x=1"]),
        ("case $x in a|b) c;; (d) e;; esac; f", ["case|$x|in|a", "b", "c", "d", "e", "esac", "f"]),
        ("f() { a; }; f", ["f", "a", "}", "f"]),
        # What is not finished is no script: nothing in it is found.
        ("a 'b", []),
        ('a "b', []),
        ("a $(b", []),
        ("a `b", []),
        ("a ${b", []),
        ("a $((1", []),
        ("a $'b", []),
        ("x=(1", []),
        ("a; b)", []),
        ("[[ a", []),
        ("[[ a =~ (b", []),
        ("ls @(a", []),
    ],
)
def test_commands(script, wanted):
    assert found(script) == wanted


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("a > b", ["a: > b"]),
        ("a >b 2>&1", ["a: > b 2>& 1"]),
        ("a 12 > b", ["a: > b"]),
        ("a 2 >b", ["a: > b"]),
        ("a 2>b", ["a: 2> b"]),
        ("a < b >> c &> d &>> e >| f <> g <<< h", ["a: < b >> c &> d &>> e >| f <> g <<< h"]),
        ("a > >(b) c", ["a: > >(b)"]),
        ("> a", [": > a"]),
        ("x=1 > a", [": > a"]),
    ],
)
def test_where_commands_read_and_print(script, wanted):
    assert sent(script) == wanted


@pytest.mark.parametrize(
    ("script", "top"),
    [
        ("a; b", ["a", "b"]),
        ("a | b", ["a", "b"]),
        ("(a); b", ["b"]),
        ("{ a; }; b", ["b"]),
        ("if a; then b; fi; c", ["c"]),
        ("for x in 1; do a; done; b", ["b"]),
        ("case x in y) a;; esac; b", ["b"]),
        ("a $(b); c", ["a", "c"]),
        ("a `b`; c", ["a", "c"]),
        ("while a; do (b); { c; }; done; d", ["d"]),
    ],
)
def test_what_stands_at_the_top(script, top):
    closing = {"}", "fi", "done", "esac"}
    names = [one.name for one in tokens.commands(script) if one.top]
    assert [name for name in names if name not in closing] == top


@pytest.mark.parametrize(
    ("script", "ends"),
    [
        ("a; b & c\nd && e | f || g", [";", "&", "\n"]),
        ("(a; b); c", [";"]),
        ("{ a; b; }; c", [";"]),
        ("if a; then b; fi; c", [";"]),
        ("a $(b; c); d", [";"]),
        ("x=(1\n2); a", [";"]),
        ("cat <<E\na; b\nE\nc", ["\n"]),
        ("a 'b;c'\n", ["\n"]),
    ],
)
def test_what_ends_commands_at_the_top(script, ends):
    assert [one.text for one in tokens.top_level(script)] == ends


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("a; b", ["a", "b"]),
        ("a &\n\n# no\nb", ["a", "b"]),
        ("a &&\nb\nc", ["a &&\nb", "c"]),
        ("a || # why\nb", ["a || # why\nb"]),
        ("a |\nb; c", ["a |\nb", "c"]),
        ("cat <<E\na; b\nE\nc", ["cat <<E", "c"]),
        ("cat <<-E\n\ta\n\tE\nc", ["cat <<-E", "c"]),
        ("cat <<'E' <<F\na\nE\nb\nF\nc", ["cat <<'E' <<F", "c"]),
        ("  if a\nthen b\nfi  ; c", ["if a\nthen b\nfi", "c"]),
    ],
)
def test_statements(script, wanted):
    found = tokens.statements(script)
    assert [script[one.start : one.end] for one in found] == wanted
    for one, after in itertools.pairwise(found):
        assert one.end <= one.next <= after.start
        assert script[one.next : after.start].strip("\n ") in ("", "# no")


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("x=1", ["x=1"]),
        ("x=1; y=$(a) z+=2\nb", ["x=1", "y=$(a) z+=2"]),
        ("x[1]=2; x=(1 2); x=(1) a", ["x[1]=2", "x=(1 2)"]),
        ("x=1 a; x=1 > b", []),
    ],
)
def test_what_only_sets_variables(script, wanted):
    shown = [" ".join(word.text for word in one.assigned) for one in tokens.assignments(script)]
    assert shown == wanted


def inside(script: str, places: list[tuple[int, int]]) -> list[str]:
    return [script[start:end] for start, end in places]


@pytest.mark.parametrize(
    ("script", "calculated", "listed"),
    [
        ("a $((1 + (2) * 3)) $((4))", ["1 + (2) * 3", "4"], []),
        ("((i += 'x')); for ((;;)); do a; done", ["i += 'x'", ";;"], []),
        ("x=(a 'b )' $(c)) y", [], ["a 'b )' $(c)"]),
        ("declare -a x=(1 2); local y=(3)", [], ["1 2", "3"]),
        ("x+=(1 # )\n2)", [], ["1 # )\n2"]),
        ("x=(a#b)", [], ["a#b"]),
        ("echo $(( $(a) + 1 ))", [" $(a) + 1 "], []),
        ("echo '$((1))' \\$((2))", None, None),
    ],
)
def test_calculations_and_lists(script, calculated, listed):
    if calculated is None:
        assert tokens.calculations(script) == [] == tokens.arrays(script)
        return
    assert inside(script, tokens.calculations(script)) == calculated
    assert inside(script, tokens.arrays(script)) == listed


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("echo $$ $BASHPID ${PPID} ${$} $BASHPIDS", ["$", "BASHPID", "PPID", "$"]),
        ("echo '$$' \"$$\" \\$$", ["$"]),
        ("cat <<E\n$$ \\$$ $PPID\nE\n", ["$", "PPID"]),
        ("cat <<'E'\n$$\nE\n", []),
    ],
)
def test_numbers_of_processes(script, wanted):
    assert [name for _, _, name in tokens.numbers(script)] == wanted


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("cat <<E\na\n", ["E"]),
        ("cat <<E\na\nE", []),
        ("cat <<E", ["E"]),
        ("cat << 'E F'\na", ["E F"]),
        ("cat <<-E\n\tE\n", []),
        ("cat <<E\n\tE\n", ["E"]),
        ("cat <<A <<B\na\nA\nb", ["B"]),
        ('cat <<"E"\nE\n', []),
        ("cat <<\\E\nE\n", []),
    ],
)
def test_documents_without_an_end(script, wanted):
    assert [one.delimiter for one in tokens.open_documents(script)] == wanted


@pytest.mark.parametrize(
    ("script", "labels"),
    [
        ("case x in a) b;; c|d) e;; esac", ["a", "d"]),
        ("case x in (a) b;; esac", []),
        ("(a); f() { b; }", []),
        ("case x in a) (b);; esac; (c)", ["a"]),
    ],
)
def test_the_last_pattern_of_a_branch_is_no_command(script, labels):
    assert [one.words[-1].text for one in tokens.commands(script) if one.label] == labels


@pytest.mark.parametrize(
    ("script", "fed"),
    [
        ("a; b", []),
        ("a | b", ["b"]),
        ("a |\nb | c; d", ["b", "c"]),
        ("a < f; b <<< x; c <<E\nE\nd > f", ["a", "b", "c"]),
        ("a < /dev/tty", []),
        ("a | { b; c; }; d", ["b", "c"]),
        ("a | (b; c); d", ["b", "c"]),
        ("while a; do b; done < f; c", ["a", "b", "done"]),
        ("a | while b; do c; done", ["b", "c"]),
        ("(a); b < f", ["b"]),
        ("(a; b) < f; c", ["a", "b"]),
        ("a | (\nb\n) | c", ["b", "c"]),
        ("((a)); b", []),
        ("( (a) ) < f; b", ["a"]),
        ("if a; then b; fi <<< x; c", ["a", "b", "fi"]),
        ("a &\nb", ["a"]),
        ("(a; b) & c", ["a", "b"]),
        ("(a); b &", ["b"]),
        ("{ a; } < f; b", ["a", "}"]),
    ],
)
def test_what_reads_something_else_than_the_terminal(script, fed):
    assert [one.name for one in tokens.commands(script) if one.fed and one.name] == fed
