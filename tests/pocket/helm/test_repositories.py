"""Repositories of charts: what is downloaded, what is kept of it, and which versions fit."""

from __future__ import annotations

import pytest
import yaml

from owlab.pocket.ground.internet import Page
from owlab.pocket.machines.machine import Machine
from owlab.pocket.programs.helm.remote import HelmFailed
from owlab.pocket.programs.helm.repository import download, download_index, satisfies

from .conftest import Shell
from .test_helm_cli import URL


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> dict[str, Page]:
    """What addresses answer."""
    known: dict[str, Page] = {}
    monkeypatch.setattr("owlab.pocket.ground.internet.fetch", known.get)
    return known


def test_five_redirects_are_followed(pages: dict[str, Page]) -> None:
    for number in range(6):
        pages[f"http://a/{number}"] = Page(b"", status=302, location=f"http://a/{number + 1}")
    pages["http://a/6"] = Page(b"here")
    assert download("http://a/1") == b"here"
    with pytest.raises(HelmFailed, match=r"^failed to fetch http://a/5 : 302$"):
        download("http://a/0")


def test_what_is_not_there_is_named(pages: dict[str, Page]) -> None:
    pages["http://a/gone"] = Page(b"", status=404)
    with pytest.raises(HelmFailed, match=r"^failed to fetch http://a/gone : 404 Not Found$"):
        download("http://a/gone")
    with pytest.raises(
        HelmFailed, match=r'^Get "http://b/x": dial tcp: lookup b on .*no such host'
    ):
        download("http://b/x")


@pytest.mark.parametrize("content", [b"[]", b"a: 1", b""])
def test_an_index_has_entries(pages: dict[str, Page], content: bytes) -> None:
    pages["http://a/index.yaml"] = Page(content)
    with pytest.raises(HelmFailed, match=r"^no API version specified$"):
        download_index("http://a/")
    pages["http://a/index.yaml"] = Page(b"entries: {}")
    assert download_index("http://a/") == download_index("http://a") == {"entries": {}}


def test_files_of_a_repository_are_as_helm_writes_them(machine: Machine, shell: Shell) -> None:
    assert shell(f"helm repo add r {URL}").status == 0
    config = "/home/ubuntu/.config/helm/repositories.yaml"
    kept = yaml.safe_load(machine.read(config) or b"")
    assert list(kept) == ["apiVersion", "generated", "repositories"]
    [entry] = kept["repositories"]
    assert list(entry) == sorted(entry)
    assert (entry["name"], entry["url"]) == ("r", URL)
    assert [value for name, value in entry.items() if name not in ("name", "url")] == [
        "", "", False, "", False, "", "",
    ]  # fmt: skip
    assert shell(f"stat -c '%a %U' {config}").out == "600 ubuntu\n"
    cache = "/home/ubuntu/.cache/helm/repository"
    charts = shell(f"cat {cache}/r-charts.txt").out.splitlines()
    index = yaml.safe_load(machine.read(f"{cache}/r-index.yaml") or b"")
    assert charts == sorted(index["entries"]) and list(index) == sorted(index)
    assert shell("helm repo remove r").status == 0
    assert shell(f"ls {cache}").out == ""


@pytest.mark.parametrize(
    ("version", "constraint", "fits"),
    [
        ("1.2.3", "=1.2.3", True),
        ("1.2.3", "1.2", True),
        ("1.2.3", "1.3", False),
        ("1.2.3", "1.2.x", True),
        ("1.2.3", "*", True),
        ("1.2.3", "!=1.2.3", False),
        ("1.2.4", "!=1.2.3", True),
        ("1.2.3", ">1.2.3", False),
        ("1.2.3", ">=1.2.3", True),
        ("1.2.3", "<1.2.3", False),
        ("1.2.3", "<=1.2.3", True),
        ("1.9.0", "^1.2.3", True),
        ("1.2.2", "^1.2.3", False),
        ("2.0.0", "^1.2.3", False),
        ("0.2.9", "^0.2.3", True),
        ("0.3.0", "^0.2.3", False),
        ("1.2.9", "~1.2.3", True),
        ("1.3.0", "~1.2.3", False),
        ("1.3.0", "~1", True),
        ("2.0.0", "~1", False),
        ("1.2.3", ">1 <1.2", False),
        ("1.2.3", ">1, <1.3", True),
        ("1.2.3", "<1 || >1.2", True),
        ("1.2.3-rc", ">=1", False),
        ("1.2.3-rc", ">=1.0.0-0", True),
        ("1.2.3", "", False),
        ("v1.2.3", "1.2.3", True),
        ("1.2.3+build", "1.2.3", True),
    ],
)
def test_a_version_is_within_a_constraint(version: str, constraint: str, fits: bool) -> None:
    assert satisfies(version, constraint) is fits


def test_a_chart_from_an_address_has_the_name_of_its_file(
    pages: dict[str, Page], machine: Machine, shell: Shell
) -> None:
    assert shell("helm create web; helm package web").status == 0
    archive = machine.read("/home/ubuntu/web-0.1.0.tgz") or b""
    pages["https://charts.example/some/where/other-1.tgz"] = Page(archive)
    ran = shell(
        "mkdir t; cd t; helm pull https://charts.example/some/where/other-1.tgz; ls; "
        "helm show chart https://charts.example/some/where/other-1.tgz | grep ^name; "
        "mkdir d; helm pull https://charts.example/some/where/other-1.tgz -d d; ls d"
    )
    assert (ran.err, ran.out) == ("", "other-1.tgz\nname: web\nother-1.tgz\n")
