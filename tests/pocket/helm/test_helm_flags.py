"""Flags are read as Helm reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import owlab.pocket.programs.helm.cli  # noqa: F401 (its commands register themselves)
from owlab.pocket.programs.helm.commands import COMMANDS, find
from owlab.pocket.programs.pflag import Flag, UsageError, duration, parse

FLAGS = (
    Flag("namespace", short="n"),
    Flag("debug", "bool"),
    Flag("set", "strings"),
    Flag("values", "words", short="f"),
    Flag("timeout", "duration", 300.0),
    Flag("wait", default="hookOnly", bare="watcher"),
    Flag("max", "int", 256, short="m"),
    Flag("all", "bool", short="a"),
    Flag("rollback-on-failure", "bool"),
    Flag("atomic", "bool", becomes="rollback-on-failure"),
)


def test_flags_stand_before_and_after_arguments() -> None:
    parsed = parse(["-n", "x", "a", "--set=k=v", "b", "--set", "l=w", "--debug"], FLAGS)
    assert parsed.arguments == ["a", "b"]
    assert parsed["namespace"] == "x"
    assert parsed["set"] == ["k=v", "l=w"]
    assert parsed["debug"] is True


def test_shorthands_can_be_joined_to_their_values() -> None:
    parsed = parse(["-am5", "-nx", "-f=one,two"], FLAGS)
    assert (parsed["all"], parsed["max"], parsed["namespace"]) == (True, 5, "x")
    assert parsed["values"] == ["one", "two"]


def test_a_flag_with_a_bare_form_takes_no_word() -> None:
    assert parse(["--wait", "release"], FLAGS).arguments == ["release"]
    assert parse(["--wait"], FLAGS)["wait"] == "watcher"
    assert parse(["--wait=legacy"], FLAGS)["wait"] == "legacy"
    assert parse([], FLAGS)["wait"] == "hookOnly"


def test_words_after_two_dashes_are_arguments() -> None:
    assert parse(["--", "--debug", "-n"], FLAGS).arguments == ["--debug", "-n"]


def test_a_deprecated_flag_means_its_successor() -> None:
    parsed = parse(["--atomic"], FLAGS)
    assert parsed["rollback-on-failure"] is True
    assert parsed.warnings == [
        "Flag --atomic has been deprecated, use --rollback-on-failure instead"
    ]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--cleanup"], "unknown flag: --cleanup"),
        (["-x"], "unknown shorthand flag: 'x' in -x"),
        (["--namespace"], "flag needs an argument: --namespace"),
        (["-n"], "flag needs an argument: 'n' in -n"),
        (
            ["--timeout", "5"],
            'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"',
        ),
        (
            ["--max=x"],
            'invalid argument "x" for "-m, --max" flag: strconv.ParseInt: parsing "x": '
            "invalid syntax",
        ),
        (
            ["--debug=maybe"],
            'invalid argument "maybe" for "--debug" flag: strconv.ParseBool: parsing "maybe": '
            "invalid syntax",
        ),
    ],
)
def test_what_makes_no_sense_is_named(words: list[str], problem: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(words, FLAGS)
    assert str(raised.value) == problem


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_durations_are_go_s(hours: int, minutes: int, seconds: int) -> None:
    assert duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@given(st.text(max_size=8))
def test_other_text_is_no_duration_or_a_number(text: str) -> None:
    try:
        assert isinstance(duration(text), float)
    except ValueError as problem:
        assert str(problem).startswith("time: ")


@given(st.lists(st.text(alphabet="-abcn=xm5", min_size=1, max_size=4), max_size=6))
def test_any_words_are_sorted_or_refused(words: list[str]) -> None:
    try:
        parsed = parse(words, FLAGS)
    except UsageError as problem:
        assert str(problem)
    else:
        assert set(parsed.arguments) <= set(words)


# Fewest and most arguments, as Helm's own commands take them.
ANY = 99
ARGUMENTS = {
    **dict.fromkeys(("install", "uninstall", "rollback", "template", "pull"), (1, ANY)),
    **dict.fromkeys(("package", "repo remove"), (1, ANY)),
    **dict.fromkeys(("lint", "search repo", "search hub", "repo update"), (0, ANY)),
    **dict.fromkeys(("upgrade", "repo add"), (2, 2)),
    **dict.fromkeys(("status", "history", "test", "create", "repo index"), (1, 1)),
    **{f"get {one}": (1, 1) for one in ["all", "values", "manifest", "notes", "hooks", "metadata"]},
    **{f"show {one}": (1, 1) for one in ["all", "chart", "values", "readme", "crds"]},
    **dict.fromkeys(("list", "repo list", "version"), (0, 0)),
    **{f"dependency {one}": (0, 1) for one in ["list", "build", "update"]},
    "env": (0, 1),
}


@pytest.mark.parametrize("path", sorted(ARGUMENTS))
def test_how_many_arguments_a_command_takes(path: str) -> None:
    least, most = ARGUMENTS[path]
    entry, rest = find(path.split(), set())
    assert entry is not None and (entry.path, rest) == (path, [])
    taken = []
    for count in range(5):
        try:
            entry.arity.check(entry, count)
            taken.append(count)
        except UsageError as error:
            assert str(error).startswith(f'"helm {path}" ')
    assert taken == [count for count in range(5) if least <= count <= most]


def test_of_all_commands_it_is_known_how_many_they_take() -> None:
    assert {entry.path for entry in COMMANDS.values() if entry.run} == set(ARGUMENTS)
