"""Secrets never leave in clear text, however a stream is cut into pieces."""

import base64
import textwrap

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from owlab.command import Command, Result
from owlab.lab import describe
from owlab.redact import LineRedactor, redact
from owlab.step import Check, Evidence
from owlab.versions import GUEST_KEY

BODY = "\n".join(f"{line}{'aB0+/xyz' * 7}{line}" for line in ("MIIB", "Q0FG", "Zm9v", "YmFy"))
KINDS = ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "SSH2 "]
KEYS = [f"-----BEGIN {k}PRIVATE KEY-----\n{BODY}\n-----END {k}PRIVATE KEY-----" for k in KINDS]
SECRETS = [
    "K10" + "ab12" * 16 + "::server:0123456789abcdef",
    "abcdef.0123456789abcdef",
    "0a1b2c3d-0000-4000-8000-0123456789ab:" + "Z" * 64,
    "-----BEGIN PRIVATE KEY-----\nMIIB\nQ0FG\n-----END PRIVATE KEY-----",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\nMIIB\n-----END PGP PRIVATE KEY BLOCK-----",
    *KEYS,
]
PASSWORD = "0aZ" * 8
ORDINARY = [
    "next line",
    "last",
    "",
    "-----BEGIN CERTIFICATE-----\n" + BODY + "\n-----END CERTIFICATE-----",
    "a" * 200,
    base64.b64encode(b"an ordinary text that somebody encoded for some reason").decode(),
]


def encoded(text: str, width: int = 0) -> str:
    made = base64.b64encode(text.encode()).decode()
    return "\n".join(textwrap.wrap(made, width)) if width else made


def streamed(text: str, cuts: list[int]) -> str:
    redactor, shown, at = LineRedactor(), "", 0
    for length in [*cuts, len(text)]:
        shown += redactor.feed(text[at : at + length])
        at += length
    return shown + redactor.flush()


@pytest.mark.parametrize("secret", SECRETS)
def test_known_shapes_are_hidden(secret):
    assert redact(f"before {secret} after") == "before *** after"


@pytest.mark.parametrize("secret", SECRETS)
def test_what_kubernetes_shows_of_a_secret_is_hidden(secret):
    text = encoded(f"{secret}\n")
    assert redact(f"  tls.key: {text}\n") == "  tls.key: ***\n"
    assert redact(f"{encoded(secret, 76)}\n$ ") == "***\n$ "


def test_known_values_are_hidden():
    assert redact("the password is hunter22", ["hunter22"]) == "the password is ***"


def test_the_published_guest_key_stays():
    for text in (GUEST_KEY, encoded(GUEST_KEY)):
        assert text in redact(f"wsk property set --auth {text}")


@pytest.mark.parametrize(
    "text", [*ORDINARY, "pod/owdev-nginx-7f9c4b Running 10.42.0.7 v1.36.4+k3s1 sha256:0a1b2c\n"]
)
def test_ordinary_text_stays(text):
    assert redact(text) == text
    assert streamed(text, [3] * 40) == text


@pytest.mark.parametrize(
    "text",
    [
        f"DB_PASSWORD={PASSWORD}",
        f'    password: "{PASSWORD}"',
        f"    password: {PASSWORD}",
        f'{{"password": "{PASSWORD}"}}',
        f"    token: {PASSWORD}",
        f'{{"token": "{PASSWORD}"}}',
        f'{{"token":"{PASSWORD}"}}',
        f'{{"password":"{PASSWORD}","user":"a"}}',
        f'{{"client-key-data":"{PASSWORD}"}}',
    ],
)
def test_values_of_known_names_are_hidden(text):
    assert PASSWORD not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("indent", ["", "    "])
def test_half_a_key_is_a_key(key, indent):
    lines = [indent + line for line in key.splitlines()]
    for first in range(len(lines)):
        for shown in (lines[first:], lines[: first + 1]):
            text = "\n".join(["$ tail key.pem", *shown, "$ "])
            for line in BODY.splitlines():
                assert line not in redact(text)
                assert line not in streamed(text, [7] * 60)


def test_errors_hide_a_key_whose_beginning_they_leave_out():
    result = Result(Command("cat key.pem", on="master"), 1, stdout="\n".join(KEYS))
    for text in (result.tail(3), describe(result, lines=3), repr(result)):
        assert not any(line in text for line in BODY.splitlines())


def test_evidence_hides_what_it_saw():
    seen = Evidence("the key", False, KEYS[0])
    assert "MIIB" not in seen.seen + Check((seen,)).why


PARTS = st.one_of(st.sampled_from(SECRETS), st.sampled_from(ORDINARY))


@given(st.lists(PARTS, max_size=5), st.lists(st.integers(1, 90), max_size=40))
@example([SECRETS[3], "next line"], [6, 28, 5, 5, 4, 3])
@example([KEYS[0], ORDINARY[3], KEYS[1]], [100] * 20)
@example([ORDINARY[5], KEYS[0]], [64] * 20)
def test_a_stream_is_redacted_like_its_text_however_it_is_cut(parts, cuts):
    text = "".join(f"VALUE={part}\n" for part in parts)
    expected = "".join(f"VALUE={'***' if part in SECRETS else part}\n" for part in parts)
    assert redact(text) == expected
    assert streamed(text, cuts) == expected
