"""Which packages come with one, and which go with one."""

from __future__ import annotations

import pytest

from owlab.pocket.machines import apt_packages
from owlab.pocket.machines.ubuntu_archive import Package

NEEDS = {
    "app": ("lib", "zlib"),
    "extra": ("app",),
    "lib": ("zlib", "missing"),
    "plugin": ("extra", "tool"),
    "tool": (),
    "zlib": (),
}


@pytest.fixture(autouse=True)
def archive(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: Package("1", name, 1, depends=needed) for name, needed in NEEDS.items()}
    monkeypatch.setattr(apt_packages, "known", known.get)


@pytest.mark.parametrize(
    ("names", "have", "coming"),
    [
        ("tool", "", "tool"),
        ("app", "", "zlib lib app"),
        ("app", "zlib", "lib app"),
        ("app lib", "", "zlib lib app"),
        ("plugin", "", "zlib lib app extra tool plugin"),
        ("plugin", "app", "extra tool plugin"),
        ("app", "app", ""),
        ("nothing", "", ""),
        ("", "", ""),
    ],
)
def test_what_comes_with_a_package(names: str, have: str, coming: str) -> None:
    owned = dict.fromkeys(have.split(), "1")
    assert apt_packages.with_dependencies(names.split(), owned) == coming.split()


@pytest.mark.parametrize(
    ("names", "going"),
    [
        ("plugin", "plugin"),
        ("tool", "tool plugin"),
        ("extra", "extra plugin"),
        ("zlib", "zlib app lib extra plugin"),
        ("tool plugin", "tool plugin"),
        ("nothing", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_what_goes_with_a_package(names: str, going: str, turned: bool) -> None:
    """Also where one comes before what it needs in the list."""
    have = dict.fromkeys(sorted(NEEDS, reverse=turned), "1")
    assert sorted(apt_packages.dependents(names.split(), have)) == sorted(going.split())
