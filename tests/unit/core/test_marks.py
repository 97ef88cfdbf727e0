"""What a learner has shown: written whole, read with patience, never taken for more than it is."""

from __future__ import annotations

from pathlib import Path

from owlab import marks
from owlab.marks import Mark


def folder(tmp_path: Path) -> Path:
    return tmp_path / "labs" / "mine"


def read(directory: Path) -> list[Mark | None]:
    return [marks.parse(line) for line in marks.path_of(directory).read_text("utf-8").splitlines()]


def incident(event: marks.Event, passed: bool = False, time: str = "1") -> Mark:
    return Mark(f"2026-01-0{time}T00:00:00+00:00", "incident", "no-room", passed, event)


def test_they_lie_beside_the_lab_for_its_owner_alone(tmp_path: Path) -> None:
    marks.note(folder(tmp_path), "exercise", "06.2", passed=True, answer={"a", "b"})
    path = tmp_path / "marks" / "mine.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    (mark,) = read(folder(tmp_path))
    assert mark is not None
    assert (mark.kind, mark.key, mark.passed) == ("exercise", "06.2", True)
    assert mark.answer in ("{'a', 'b'}", "{'b', 'a'}")


def test_secrets_stay_out(tmp_path: Path) -> None:
    token = f"K10{'0af3' * 12}::server:abc"
    marks.note(folder(tmp_path), "exercise", "01.1", evidence=[f"seen {token}"], answer=token)
    text = marks.path_of(folder(tmp_path)).read_text("utf-8")
    assert "***" in text
    assert "server:abc" not in text


def test_lines_that_make_no_sense_are_passed_over() -> None:
    good = '{"time": "2026-01-01T00:00:00+00:00", "kind": "exercise", "key": "1"}'
    assert marks.parse(good) is not None
    for line in (
        "",
        "{",
        "[]",
        "null",
        good[:-1] + ', "unknown": 1}',
        good.replace("2026-01-01T00:00:00+00:00", "yesterday"),
        good.replace('"1"', "[1]"),
        good[:-1] + ', "evidence": 3}',
        "[" * 100_000,
    ):
        assert marks.parse(line) is None, line


def test_an_incident_that_was_given_up_counts_only_after_it_was_put_in_again() -> None:
    given_up = [incident("put-in"), incident("given-up"), incident("checked", True)]
    assert marks.mended(given_up) == {}
    again = [*given_up, incident("put-in"), incident("checked", True, "2")]
    assert marks.mended(again) == {"no-room": "2026-01-02T00:00:00+00:00"}
    later = [incident("checked", True, "3"), *given_up]
    assert marks.mended(later) == {"no-room": "2026-01-03T00:00:00+00:00"}


def test_an_exercise_stays_solved() -> None:
    time = "2026-01-01T00:00:00+00:00"
    looks = [Mark(time, "exercise", "01.1", passed) for passed in (False, True, False)]
    assert marks.solved(looks) == {"01.1": looks[1]}
