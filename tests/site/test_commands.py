"""The commands that one copies from the site, pasted in order, make the lab of the guide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import Tag

from owlab import Command, Lab, guide, incidents
from owlab.incidents import INCIDENTS
from owlab.steps import openwhisk
from tests.site.reading import after, article, copied
from website.pages.other_commands import OTHERS
from website.pages.python_api import commands_beside

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=["commands", "commands-as-written"])
def page(request: pytest.FixtureRequest) -> str:
    """The page that is pasted."""
    return str(request.param)


@pytest.fixture
def lab(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "c"))
    made = Lab.open(page, as_written=page == "commands-as-written")
    try:
        yield made
    finally:
        made.down()


def test_what_one_copies_makes_the_lab(lab: Lab, site: Path, page: str) -> None:
    content = article(site / f"{page}.html")
    for name in (machine.name for machine in lab.config.machines):
        lab.folder.add_made(name)  # otherwise the checks would call the machines somebody else's
    printed = ""
    for step in guide.STEPS:
        printed += _paste(lab, after(content, f"{step.section} {_sentence(step.title)}"))
        seen = step.state(lab)
        assert seen.done, f"{step.key}: {seen.why}"
    assert '"payload": "Hello, JavaScript!"' in printed
    assert '"name": "Python"' in printed
    if page == "commands":
        _repair(lab, site)
    printed = _paste(lab, after(content, "Other useful commands"))
    for shown in ("Memory usage:", "service/owdev-nginx", "/whisk.system/utils", "uninstalled"):
        assert shown in printed, shown
    assert not openwhisk.deploy.state(lab).done
    assert lab.machine_info(lab.workers[-1]) is None


def test_every_other_command_is_on_the_page() -> None:
    listed = {f"{function.__module__}.{function.__name__}" for function, _ in OTHERS}
    assert listed == set(commands_beside(["openwhisk", "vms"]))
    assert not list(commands_beside(["functions", "helm", "k3s", "nfs", "storage", "wsk"]))


def _repair(lab: Lab, site: Path) -> None:
    """Each incident is put in, and its solution pasted from the page."""
    content = article(site / "incidents.html")
    # All of them in a minute or two need more calls than a namespace has by default.
    tool = "wskadmin limits set guest --invocationsPerMinute 6000"
    allowed = f"sudo k3s kubectl exec -n openwhisk owdev-wskadmin -- {tool}"
    assert lab.read(Command(allowed, on=lab.master))
    for name, incident in INCIDENTS.items():
        incidents.put_in(lab, name)
        assert not incident.cause(lab).done, name
        _paste(lab, after(content, name))
        assert incident.cause(lab).done, name
        assert incident.symptom(lab).done, name
    assert all(step.state(lab).done for step in guide.STEPS)


def _paste(lab: Lab, section: Tag) -> str:
    """Each block where it says, all of it; returns what was printed."""
    printed = ""
    for machine, text in copied(section):
        assert "***" not in text
        # No variable comes along: what is pasted is all that there is.
        result = lab.run(Command(text, on=machine, timeout=150))
        assert result, f"{machine}$ {text}\n{result.tail()}"
        printed += result.stdout
    return printed


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
