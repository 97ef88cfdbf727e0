"""The words of wsk's command line and the lines of .wskprops, whatever they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.programs.wsk.arguments import PAIRS, SHORT, SWITCHES, VALUES, parse, value_of
from owlab.pocket.programs.wsk.errors import WskError, of_status
from owlab.pocket.programs.wsk.properties import parse as read
from owlab.pocket.programs.wsk.properties import render

WORDS = st.text(min_size=1, max_size=12).filter(lambda text: not text.startswith("-"))
FLAGS = st.sampled_from([f"-{short}" for short in SHORT] + [f"--{f}" for f in VALUES | SWITCHES])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)  # fmt: skip
# What a property may hold: the real wsk's file has no way to write the others.
PLAIN = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1).filter(
    lambda text: not set("=#") & set(text) and text.strip() == text
)


@given(st.lists(WORDS | FLAGS | st.text(max_size=8), max_size=8))
def test_any_words_are_parsed_or_refused_in_words(argv: list[str]) -> None:
    try:
        words = parse(argv)
    except WskError as error:
        assert error.message and error.code in (1, 2)
    else:
        assert set(words.values) <= VALUES and words.switches <= SWITCHES
        assert set(words.pairs) <= PAIRS
        assert all(word in argv for word in words.rest)


@given(st.lists(WORDS, max_size=4), st.dictionaries(WORDS, JSON, max_size=4), st.booleans())
def test_parameters_stand_anywhere(rest: list[str], given: dict[str, object], first: bool) -> None:
    pairs = [word for key, value in given.items() for word in ("-p", key, json.dumps(value))]
    words = parse([*pairs, *rest] if first else [*rest, *pairs])
    assert words.rest == rest
    assert dict(words.pairs.get("param", [])) == given


@given(st.sampled_from(sorted(VALUES - SWITCHES - PAIRS)), st.text(max_size=12))
def test_both_ways_to_give_a_flags_value(name: str, value: str) -> None:
    assert (
        parse([f"--{name}={value}"]).values == parse([f"--{name}", value]).values == {name: value}
    )


@given(st.lists(st.text(max_size=8), max_size=4))
def test_nothing_is_a_flag_after_two_dashes(rest: list[str]) -> None:
    assert parse(["--", *rest]).rest == rest


def test_short_switches_stand_together() -> None:
    words = parse(["-irp", "name", "Ada", "-l5"])
    assert words.switches == {"insecure", "result"}
    assert words.pairs == {"param": [("name", "Ada")]}
    assert words.values == {"limit": "5"}


@given(JSON)
def test_values_that_are_json_arrive_as_json(value: object) -> None:
    assert value_of(json.dumps(value)) == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "{", "abc", "", "01", "[" * 100_000])
def test_other_values_are_text(text: str) -> None:
    assert value_of(text) == text


@given(st.dictionaries(PLAIN, PLAIN, max_size=4))
def test_properties_that_were_written_are_read(values: dict[str, str]) -> None:
    assert read(render(values)) == values


@given(st.text())
def test_any_file_of_properties_is_read(text: str) -> None:
    assert all(
        "=" not in name + value and "#" not in name + value for name, value in read(text).items()
    )


def test_the_readers_rules() -> None:
    text = "# comment\nAPIHOST = h:1 # mine\nAUTH=a=b\nnothing\n NAMESPACE=_\n"
    assert read(text) == {"APIHOST": "h:1", "NAMESPACE": "_"}


@given(st.integers(400, 599))
def test_the_exit_status_of_an_http_error(status: int) -> None:
    assert of_status(status) == status - 256 if status < 512 else of_status(status) == status - 512
