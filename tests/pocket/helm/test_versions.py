"""Versions of charts are ordered and chosen as semantic versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.programs.helm.repository import pick, satisfies, version_key, versions_of

INDEX = {
    "entries": {
        "demo": [
            {"version": version}
            for version in ("1.0.0", "2.0.0-rc.1", "1.10.0", "0.9.1", "1.2.0", "2.0.0", "3.0.0-a")
        ]
    }
}
numbers = st.integers(0, 30)


def test_newest_first_and_a_pre_release_before_its_release() -> None:
    versions = [entry["version"] for entry in versions_of(INDEX, "demo")]
    assert versions == ["3.0.0-a", "2.0.0", "2.0.0-rc.1", "1.10.0", "1.2.0", "1.0.0", "0.9.1"]


@pytest.mark.parametrize(
    ("constraint", "chosen"),
    [
        ("", "2.0.0"),
        ("1.2.0", "1.2.0"),
        ("^1.0", "1.10.0"),
        ("~1.2", "1.2.0"),
        (">=1, <2", "1.10.0"),
        ("<1 || 1.0.0", "1.0.0"),
        (">0.0.0-0", "3.0.0-a"),
        ("1.x", "1.10.0"),
        ("3.0.0-a", "3.0.0-a"),
    ],
)
def test_the_newest_within_a_constraint(constraint: str, chosen: str) -> None:
    assert pick(INDEX, "demo", constraint)["version"] == chosen


def test_nothing_fits() -> None:
    with pytest.raises(LookupError, match="no chart version found for demo-9"):
        pick(INDEX, "demo", "9")
    with pytest.raises(LookupError, match="no chart name found"):
        pick(INDEX, "other", "")


@given(st.tuples(numbers, numbers, numbers), st.tuples(numbers, numbers, numbers))
def test_numbers_order_versions(a: tuple[int, int, int], b: tuple[int, int, int]) -> None:
    left, right = (".".join(map(str, version)) for version in (a, b))
    assert (version_key(left) < version_key(right)) == (a < b)
    assert satisfies(left, f">={left}") and satisfies(left, left)
    assert satisfies(left, f"<{right}") == (a < b)


@given(st.text(max_size=12))
def test_any_text_can_be_asked_for(text: str) -> None:
    assert satisfies("1.2.3", text) in (True, False)
