"""``!!`` and its like."""

from __future__ import annotations

import pytest

from owlab.pocket.client.recall import NoEvent, recalled

EARLIER = ["ls /etc/hosts", "echo one two three", "cat 'a b' c"]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("sudo !!", "sudo cat 'a b' c"),
        ("cp !$ x", "cp c x"),
        ("head !^", "head 'a b'"),
        ("rm !*", "rm 'a b' c"),
        ("!1", "ls /etc/hosts"),
        ("!-2", "echo one two three"),
        ("!ec", "echo one two three"),
        ("!?host?", "ls /etc/hosts"),
        ("echo !ls:1", "echo /etc/hosts"),
        ("echo !echo:2-3", "echo two three"),
        ("^a b^z^", "cat 'z' c"),
        ("echo '!!' \\!!", "echo '!!' \\!!"),
        ("echo done! [ ! -e f ] $! x!=y", "echo done! [ ! -e f ] $! x!=y"),
        ("if ! true; then :; fi", "if ! true; then :; fi"),
        (
            "cat > a.sh <<'X'\n#!/bin/bash\necho !nosuch\nX\nrm !$",
            "cat > a.sh <<'X'\n#!/bin/bash\necho !nosuch\nX\nrm c",
        ),
        (
            "cat > a.js <<X\nif (!params.name) { don't }\nX",
            "cat > a.js <<X\nif (!params.name) { don't }\nX",
        ),
        ("#!/bin/sh", "#!/bin/sh"),
        ("true # !nosuch\necho a#!1", "true # !nosuch\necho a#ls /etc/hosts"),
        ("echo \"don't !ls:1 'x'\"", "echo \"don't /etc/hosts 'x'\""),
        ("echo 'a\n!nosuch' !1", "echo 'a\n!nosuch' ls /etc/hosts"),
        ("echo ${!name} hi!", "echo ${!name} hi!"),
    ],
)
def test_what_was_typed_before(text, whole):
    assert recalled(text, EARLIER) == (whole, False)


def test_only_shown():
    assert recalled("!ls:p", EARLIER) == ("ls /etc/hosts", True)


@pytest.mark.parametrize("text", ["!nosuch", "!99", "^nosuch^x", "!?zzz?"])
def test_no_event(text):
    with pytest.raises(NoEvent):
        recalled(text, EARLIER)


LINE = 'cat <<<a 2>&1 b\\ c|tr "x y"z $(echo (a) b)`c d` >(e f) n>>o&&p;q # r'
WORDS = (
    *("cat", "<<<", "a", "2>&1", "b\\ c", "|", "tr", '"x y"z', "$(echo (a) b)`c d`", ">(e f)"),
    *("n", ">>", "o", "&&", "p", ";", "q"),
)


@pytest.mark.parametrize(("number", "word"), list(enumerate(WORDS)))
def test_a_word_is_what_bash_takes_for_one(number, word):
    assert recalled(f"!!:{number}", [LINE]) == (word, False)
    assert recalled(f"!!:0-{number}", [LINE]) == (" ".join(WORDS[: number + 1]), False)


def test_the_last_word_of_a_line_with_a_comment():
    assert recalled("echo !$", [LINE]) == ("echo q", False)
    assert recalled("echo !!:$ !!:* !!:^", ["true a # don't"]) == ("echo a a a", False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("!nosuch", "!nosuch: event not found"),
        ("echo !99:1:p", "!99: event not found"),
        ('"!?zz? a"', "!?zz?: event not found"),
        ("^no^x^", ":s^no^x^: substitution failed"),
        ("echo !!:4", ":4: bad word specifier"),
        ("echo !!:2-4", ":2-4: bad word specifier"),
        ("echo !!:2-1", ":2-1: bad word specifier"),
        ("echo !1:^", ":^: bad word specifier"),
        ("!1 !1:$ !-3", "!-3: event not found"),
    ],
)
def test_what_bash_says_of_what_is_not_there(text, said):
    with pytest.raises(NoEvent) as refused:
        recalled(text, ["pwd", "echo one two three"])
    assert str(refused.value) == said


def test_a_line_of_one_word():
    assert recalled("echo [!*]", ["pwd"]) == ("echo []", False)
    assert recalled("echo !$", ["pwd"]) == ("echo pwd", False)
    with pytest.raises(NoEvent, match=r"^\^: bad word specifier$"):
        recalled("echo !^", ["pwd"])
    with pytest.raises(NoEvent, match=r"^\$: bad word specifier$"):
        recalled("echo !$", ["# nothing"])
