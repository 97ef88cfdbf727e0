"""What `owlab doctor` says of this computer's memory."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from owlab.machines import pocket_preflight

GIGABYTE = 1 << 30


def memory() -> tuple[str, str]:
    found = next(one for one in pocket_preflight.examine() if one.name == "free memory")
    return found.verdict, found.seen


def test_a_containers_limit_counts_and_not_the_computers_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pocket_preflight, "_CONTROL_GROUP", tmp_path)
    _, whole = memory()
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text(f"{GIGABYTE}\n")
    assert memory()[1] == whole
    (tmp_path / "memory.max").write_text(f"{GIGABYTE + GIGABYTE // 2}\n")
    assert memory() == ("warn", "0.5 GB")


@pytest.mark.parametrize(("limit", "said"), [(3 * GIGABYTE, True), (5 * GIGABYTE, False)])
def test_a_limit_on_addresses_is_told(
    monkeypatch: pytest.MonkeyPatch, limit: int, said: bool
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    found = [one for one in pocket_preflight.examine() if one.name == "memory limit"]
    assert [one.verdict for one in found] == (["warn"] if said else [])
    assert not said or "ulimit -v" in found[0].advice


@pytest.mark.parametrize(
    ("landlock", "home", "verdict", "part"),
    [
        (0, "/home/ada", "warn", "deploy functions that you have read"),
        (7, "/home/ada", "ok", ""),
        (7, "/tmp/labs", "warn", "functions share /tmp"),
    ],
)
def test_what_functions_may_read_is_told(
    monkeypatch: pytest.MonkeyPatch, landlock: int, home: str, verdict: str, part: str
) -> None:
    monkeypatch.setenv("OWLAB_HOME", home)
    found = pocket_preflight.functions(landlock, ("/tmp", "/var/tmp"))
    assert found.verdict == verdict and part in found.advice
    assert ("Landlock (version 7)" in found.seen) is bool(landlock)
