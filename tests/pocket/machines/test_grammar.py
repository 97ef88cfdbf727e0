"""Sizes, names and options, as Multipass reads them."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.machines.sizes import UNITS, parse_size, show_size, valid_name
from owlab.pocket.multipass.failures import Failure
from owlab.pocket.multipass.options import Option, parse


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1.5G", 1610612736),
        ("512m", 512 << 20),
        ("1GiB", 1 << 30),
        ("1GB", 1 << 30),
        ("1024B", 1024),
        ("1024", 1024),
        (" 6G ", 6 << 30),
        ("0", 0),
    ],
)
def test_sizes_that_are(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["1T", "1 G", ".5G", "1.5", "1e3", "1,5G", "-1", "", "G", "1CiG"])
def test_sizes_that_are_not(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid memory size"):
        parse_size(text)


@given(
    st.integers(0, 10**6),
    st.one_of(st.none(), st.from_regex(r"[0-9]{1,4}", fullmatch=True)),
    st.sampled_from(["K", "M", "G", "k", "m", "g"]),
    st.sampled_from(["", "B", "iB", "b", "ib"]),
)
def test_every_size_with_a_unit(whole: int, fraction: str | None, unit: str, end: str) -> None:
    number = f"{whole}.{fraction}" if fraction is not None else str(whole)
    assert parse_size(number + unit + end) == int(Fraction(number) * UNITS[unit.upper()])


@given(st.text(max_size=12))
def test_any_text_is_a_size_or_refused(text: str) -> None:
    try:
        assert parse_size(text) >= 0
    except ValueError as error:
        assert text in str(error)


@given(st.integers(0, 1 << 50))
def test_a_shown_size_can_be_read_and_is_near(size: int) -> None:
    shown = show_size(size)
    assert abs(parse_size(shown) - size) <= max(size * 0.06, 1)


@given(st.text(alphabet="aZ09-_. é", max_size=8))
def test_names(name: str) -> None:
    expected = re.fullmatch(r"[a-zA-Z]|[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]", name) is not None
    assert valid_name(name) == expected


def test_a_name_fits_into_a_host_name() -> None:
    assert valid_name("a" * 63)
    assert not valid_name("a" * 64)


SOME = (Option(("c", "cpus"), "cpus"), Option(("r", "recursive")), Option(("p", "parents")))


@pytest.mark.parametrize(
    "argv",
    [
        ["--cpus", "2", "x"],
        ["--cpus=2", "x"],
        ["-c", "2", "x"],
        ["-c2", "x"],
        ["-c=2", "x"],
        ["x", "-c", "2"],
        ["-c", "1", "x", "--cpus", "2"],
    ],
)
def test_an_option_with_its_value(argv: list[str]) -> None:
    words = parse(argv, SOME)
    assert words.last("cpus") == "2"
    assert words.rest == ["x"]


def test_letters_together() -> None:
    words = parse(["-rp", "a", "-", "b"], SOME)
    assert "recursive" in words
    assert "parents" in words
    assert words.rest == ["a", "-", "b"]


@given(st.lists(st.text(max_size=5), max_size=5))
def test_after_the_dashes_nothing_is_an_option(rest: list[str]) -> None:
    assert parse(["-r", "--", *rest], SOME).rest == rest


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["--nope"], "Unknown option 'nope'."),
        (["-x"], "Unknown option 'x'."),
        (["--cpus"], "Missing value after '--cpus'."),
        (["-c"], "Missing value after '-c'."),
        (["--recursive=1"], "Unexpected value after '--recursive'."),
    ],
)
def test_refused_options(argv: list[str], text: str) -> None:
    with pytest.raises(Failure) as caught:
        parse(argv, SOME)
    assert caught.value.text.strip() == text
    assert caught.value.status == 1
