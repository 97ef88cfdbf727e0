"""Secrets never leave in clear text, however a stream is cut into pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.redact import LineRedactor, redact
from owlab.versions import GUEST_KEY

SECRETS = [
    "K10" + "ab12" * 16 + "::server:0123456789abcdef",
    "abcdef.0123456789abcdef",
    "0a1b2c3d-0000-4000-8000-0123456789ab:" + "Z" * 64,
    "-----BEGIN PRIVATE KEY-----\nMIIB\nQ0FG\n-----END PRIVATE KEY-----",
]
PASSWORD = "0aZ" * 8


def test_known_shapes_are_hidden():
    for secret in SECRETS:
        assert secret not in redact(f"before {secret} after")
        assert "before" in redact(f"before {secret} after")


def test_known_values_are_hidden():
    assert redact("the password is hunter22", ["hunter22"]) == "the password is ***"


def test_the_published_guest_key_stays():
    assert GUEST_KEY in redact(f"wsk property set --auth {GUEST_KEY}")


def test_ordinary_text_stays():
    text = "pod/owdev-nginx-7f9c4b Running 10.42.0.7 v1.36.4+k3s1 sha256:0a1b2c\n"
    assert redact(text) == text


@pytest.mark.parametrize("text", [f"DB_PASSWORD={PASSWORD}", f'    password: "{PASSWORD}"'])
def test_the_databases_password_is_hidden(text):
    assert redact(text) == text.replace(PASSWORD, "***")


@given(st.sampled_from(SECRETS), st.lists(st.integers(1, 9), max_size=40))
def test_a_secret_cut_into_pieces_is_still_hidden(secret, cuts):
    text = f"TOKEN={secret}\nnext line\nlast"
    redactor, shown, at = LineRedactor(), "", 0
    for length in [*cuts, len(text)]:
        shown += redactor.feed(text[at : at + length])
        at += length
    shown += redactor.flush()
    assert shown == "TOKEN=***\nnext line\nlast"
