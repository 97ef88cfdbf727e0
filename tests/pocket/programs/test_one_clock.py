"""Another time of day: everything on a machine goes by the lab's clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from owlab.pocket.ground import clock

LATER = datetime(2041, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("date -u +%FT%T", "2041-05-06T07:08:09\n"),
        ("echo $EPOCHSECONDS", f"{LATER.timestamp():.0f}\n"),
        ("touch f; stat -c %Y f", f"{LATER.timestamp():.0f}\n"),
        ("touch f; ls -l f | cut -d' ' -f6-9", "May  6 07:08\n"),
        ("logger hello; journalctl -o short-iso -n 1 | cut -c-19", "2041-05-06T07:08:09\n"),
        (
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1; "
            "openssl x509 -in cert.pem -noout -dates | cut -d= -f2",
            "May  6 07:03:09 2041 GMT\nMay  7 07:08:09 2041 GMT\n",
        ),
        ("sudo touch -d yesterday f; stat -c %y f | cut -c-10", "2041-05-05\n"),
    ],
)
async def test_a_machine_goes_by_the_clock(on, monkeypatch, script, out):
    monkeypatch.setattr(clock, "source", lambda: int(LATER.timestamp()) * 10**9)
    assert str(await on("master", script)) == out


def test_all_that_a_clock_tells_comes_from_one_source(monkeypatch):
    monkeypatch.setattr(clock, "source", lambda: int(LATER.timestamp()) * 10**9 + 5)
    assert clock.unix_time() == pytest.approx(LATER.timestamp())
    assert clock.utc_now() == clock.Clock().now() == LATER
    assert clock.timestamp() == clock.Clock().timestamp() == "2041-05-06T07:08:09Z"


def test_a_name_made_of_the_time_is_new_though_the_clock_stands_or_goes_back(monkeypatch):
    first = clock.rising_time_ns()
    monkeypatch.setattr(clock, "source", lambda: first + 7)
    assert [clock.rising_time_ns() for _ in range(3)] == [first + 7, first + 8, first + 9]
    monkeypatch.setattr(clock, "source", lambda: 0)
    assert clock.rising_time_ns() == first + 10
