"""The words of wsk's command line and the lines of .wskprops, whatever they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.programs.wsk.arguments import WskArguments, command, pair, parse
from owlab.pocket.programs.wsk.exits import WskError, of_status
from owlab.pocket.programs.wsk.flags import FLAGS, flags_of
from owlab.pocket.programs.wsk.properties import parse as read
from owlab.pocket.programs.wsk.properties import render

WORDS = st.text(min_size=1, max_size=12).filter(lambda text: not text.startswith("-"))
# wsk escapes quotes and backslashes in a key, and no control character.
KEYS = WORDS.filter(str.isprintable)
PATHS = st.sampled_from(sorted(FLAGS))
NAMES = st.sampled_from(
    sorted(
        {f"--{f.name}" for flags in FLAGS.values() for f in flags}
        | {f"-{f.short}" for flags in FLAGS.values() for f in flags if f.short}
    )
)
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


def words_of(*argv: str) -> WskArguments:
    return parse(list(argv), lambda path: b"{}")


@given(PATHS, st.lists(WORDS | NAMES | st.text(max_size=8), max_size=8))
def test_any_words_are_parsed_or_refused_in_words(path: tuple[str, ...], argv: list[str]) -> None:
    try:
        words = words_of(*path, *argv)
    except WskError as error:
        assert error.message and error.code in (1, 2)
    else:
        assert words.flags.given <= {flag.name for flag in flags_of(words.path)}
        assert all(word in [*path, *argv] for word in words.rest)


@given(st.lists(WORDS, max_size=4), st.dictionaries(KEYS, JSON, max_size=4), st.booleans())
def test_parameters_stand_anywhere(rest: list[str], given: dict[str, object], first: bool) -> None:
    pairs = [word for key, value in given.items() for word in ("-p", key, json.dumps(value))]
    line = [*pairs, *rest] if first else [*rest, *pairs]
    words = words_of("action", "invoke", *line)
    assert words.rest == rest
    assert words.object("param") == given


@given(st.lists(st.text(max_size=8), max_size=4))
def test_nothing_is_a_flag_after_two_dashes(rest: list[str]) -> None:
    rest = [word for word in rest if word not in ("-p", "-a", "-P", "-A", "-F", "-T")]
    assert words_of("action", "get", "--", *rest).rest == rest


@pytest.mark.parametrize(
    ("line", "path", "rest"),
    [
        ("action list", "action list", ""),
        ("--auth=a:b action list", "action list", "--auth=a:b"),
        ("--auth a:b action list", "action list", "--auth a:b"),
        ("-u a:b action list", "action list", "-u a:b"),
        ("-u=a:b action list", "action list", "-u=a:b"),
        ("-i action list", "action list", "-i"),
        ("-iu action list", "action list", "-iu"),
        ("-v -i action list", "action list", "-v -i"),
        ("action list --limit=3 pk", "action list", "--limit=3 pk"),
        ("action --help list", "action", "--help list"),
        ("action -h list", "action", "-h list"),
        ("action get list", "action get", "list"),
        ("action get a get", "action get", "a get"),
        ("action -- list", "action", "-- list"),
        ("- action", "", "- action"),
        ("--auth", "", "--auth"),
        ("", "", ""),
    ],
)
def test_which_command_is_meant(line: str, path: str, rest: str) -> None:
    assert command(line.split()) == (tuple(path.split()), rest.split())


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("action create a f.js -l 3", "logsize", 3),
        ("action list -l 3", "limit", 3),
        ("activation get -l", "last", True),
        ("action list -s 2", "skip", 2),
        ("action get a -s", "summary", True),
        ("sdk install docker -s", "stdout", True),
        ("activation list -f", "full", True),
        ("trigger create t -f /f/g", "feed", "/f/g"),
        ("action invoke a -r", "result", True),
        ("action get a -r", "url", True),
        ("activation logs -r x", "strip", True),
        ("-i action list -n", "name-sort", True),
        ("--apihost h action list", "apihost", "h"),
        ("property get --apihost", "apihost", True),
        ("property set --apihost h", "apihost", "h"),
        ("api create -n name /p get a", "apiname", "name"),
    ],
)
def test_a_letter_means_what_its_command_says(line: str, name: str, value: object) -> None:
    assert words_of(*line.split()).flags.values[name] == value


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("action list -f", "unknown shorthand flag: 'f' in -f"),
        ("action delete a -r", "unknown shorthand flag: 'r' in -r"),
        ("rule list --full", "unknown flag: --full"),
        ("action create a --logsize", "flag needs an argument: --logsize"),
        (
            "action list -l x",
            'invalid argument "x" for "-l, --limit" flag: strconv.ParseInt: parsing "x": '
            "invalid syntax",
        ),
    ],
)
def test_flags_of_other_commands_are_unknown(line: str, sentence: str) -> None:
    with pytest.raises(WskError) as caught:
        words_of(*line.split())
    assert (caught.value.message, caught.value.code) == (sentence, 1)


@given(JSON)
def test_a_value_is_json_where_it_is(value: object) -> None:
    assert json.loads(pair("key", json.dumps(value))) == {"key": value}


@pytest.mark.parametrize("text", ["hello", "NaN", "{broken", "007", "1 2", "'single'"])
def test_a_value_is_text_where_it_is_no_json(text: str) -> None:
    assert json.loads(pair("key", text)) == {"key": text}


@pytest.mark.parametrize("text", ['say "hi"', "a\\zb", '{"x":', "two\nlines"])
def test_a_text_that_would_need_escapes_is_refused(text: str) -> None:
    words = words_of("action", "invoke", "hello", "-p", "key", text)
    with pytest.raises(ValueError):
        words.object("param")


@given(st.dictionaries(PLAIN, PLAIN, max_size=4))
def test_properties_are_read_as_they_were_written(values: dict[str, str]) -> None:
    assert read(render(values)) == values


def test_what_is_no_property_is_skipped() -> None:
    assert read("A=1\nB=2=3\nC\n# D=4\nE=5 # comment\n") == {"A": "1", "E": "5"}


@pytest.mark.parametrize(
    ("status", "code"), [(400, 144), (401, 145), (404, 148), (409, 153), (500, 244), (502, 246)]
)
def test_exit_statuses_are_what_is_left_of_http(status: int, code: int) -> None:
    assert of_status(status) == code
