"""What ``dd`` says at its end, as GNU's does."""

from __future__ import annotations

import pytest

from owlab.pocket.programs.dd import copied
from tests.pocket.programs.conftest import Type


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (2, "2 bytes"),
        (999, "999 bytes"),
        (1000, "1000 bytes (1.0 kB)"),
        (1023, "1023 bytes (1.0 kB)"),
        (1024, "1024 bytes (1.0 kB, 1.0 KiB)"),
        (1536, "1536 bytes (1.5 kB, 1.5 KiB)"),
        (10000, "10000 bytes (10 kB, 9.8 KiB)"),
        (10240, "10240 bytes (10 kB, 10 KiB)"),
        (99999, "99999 bytes (100 kB, 98 KiB)"),
        (1000000, "1000000 bytes (1.0 MB, 977 KiB)"),
        (1048576, "1048576 bytes (1.0 MB, 1.0 MiB)"),
        (123456789, "123456789 bytes (123 MB, 118 MiB)"),
    ],
)
def test_sizes(size: int, shown: str) -> None:
    assert copied(size, 2).startswith(f"{shown} copied, 2 s, ")


@pytest.mark.parametrize(
    ("size", "seconds", "shown"),
    [
        (4, 0.29427, "0.29427 s, 0.0 kB/s"),
        (500, 0.106586, "0.106586 s, 4.7 kB/s"),
        (20000, 0.301769, "0.301769 s, 66.3 kB/s"),
        (200000, 0.301619, "0.301619 s, 663 kB/s"),
        (999, 1.922e-05, "1.922e-05 s, 52.0 MB/s"),
        (10**9, 1.0, "1 s, 1.0 GB/s"),
    ],
)
def test_speed(size: int, seconds: float, shown: str) -> None:
    assert copied(size, seconds).endswith(f" copied, {shown}\n")


async def test_the_last_lines(on: Type) -> None:
    ran = await on("master", "printf a | dd of=/dev/null")
    first, second, last = ran.err.splitlines()
    assert (first, second) == ("0+1 records in", "0+1 records out")
    assert last.startswith("1 byte copied, ")
