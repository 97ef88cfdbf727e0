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
