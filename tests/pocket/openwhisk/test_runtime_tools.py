"""What of this computer runs actions: whose files they may read, and what one is told of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from owlab.pocket.openwhisk.runtimes import KINDS, java, tools

Install = Callable[..., str]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a program somewhere; until then this computer has none."""
    found: dict[str, str] = {}
    monkeypatch.setattr(tools, "tool", found.get)
    monkeypatch.setattr(java, "homes", lambda: {"/the/jdk"})
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "me")

    def put(family: str, place: str, says: str = "") -> str:
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{says}\n")
        path.chmod(0o755)
        found[family] = str(path)
        return str(path)

    return put


def test_an_action_may_read_where_its_tool_is_installed(install: Install, tmp_path: Path) -> None:
    assert tools.homes() == {"/the/jdk"}
    install("php", "opt/php/bin/php")
    alone = install("ruby", "ruby")
    own = install("go", "me/bin/go")
    assert tools.homes() == {"/the/jdk", f"{tmp_path}/opt/php", alone, own}, (
        "of a program in ~/bin itself, not all that is at home"
    )
    Path(own).unlink()
    Path(own).symlink_to(tmp_path / "opt/php/bin/php")
    assert tools.homes() == {"/the/jdk", f"{tmp_path}/opt/php", alone}


@pytest.mark.parametrize(
    ("family", "kind", "says", "told"),
    [
        ("php", "php:8.0", 'echo "PHP 8.2.1 $*"', "php 8.2.1 of this computer"),
        ("ruby", "ruby:2.5", 'echo "ruby 3.1"', "ruby 3.1 of this computer"),
        ("go", "go:1.17", '[ "$1" = version ] && echo go1.22.5', "go 1.22.5 of this computer"),
        ("php", "php:8.0", '[ "$1" = -v ] || echo 1.2', "php of this computer"),
    ],
)
def test_what_runs_a_kind_is_told(
    install: Install, family: str, kind: str, says: str, told: str
) -> None:
    assert tools.told(KINDS[kind], True) == tools.missing(family)
    install(family, "bin/tool", says)
    assert tools.told(KINDS[kind], True) == (
        f"{told}, as a process kept from your files by Landlock"
    )
    assert tools.told(KINDS[kind], False).endswith(", as a process not kept from your files")


@pytest.mark.parametrize(
    ("family", "said"),
    [
        ("nodejs", ""),
        ("python", ""),
        ("native", ""),
        ("go", ""),
        ("rust", ""),
        ("swift", ""),
        ("php", "The pocket lab runs php functions with the php of this computer; there is none."),
        ("dotnet", "The pocket lab runs no dotnet functions: it has not what their image brings."),
        ("blackbox", "The pocket lab runs no container images but openwhisk/dockerskeleton"),
    ],
)
def test_what_is_refused(install: Install, family: str, said: str) -> None:
    refused = tools.refusal(family)
    assert refused.startswith(said) if said else refused == ""
    assert ("'exec'" in tools.missing(family)) is (family in ("go", "rust", "swift"))
    install(family, "tool")
    assert tools.refusal(family) == ""
