"""Every incident is broken, seen, and mended, on a pocket lab; and nothing else suffers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from owlab import Command, Lab, incidents, marks
from owlab.errors import ConfigError, StepError
from owlab.incidents import INCIDENTS

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    before = os.environ.get("OWLAB_HOME")
    os.environ["OWLAB_HOME"] = str(tmp_path_factory.mktemp("i"))
    made = Lab.open("incidents")
    made.up()
    # All incidents in a minute or two would need more calls than a namespace has by default.
    tool = "wskadmin limits set guest --invocationsPerMinute 6000"
    allowed = f"sudo k3s kubectl exec -n openwhisk owdev-wskadmin -- {tool}"
    assert made.run(Command(allowed, on=made.master))
    try:
        yield made
    finally:
        made.down()
        if before is None:
            del os.environ["OWLAB_HOME"]
        else:
            os.environ["OWLAB_HOME"] = before


@pytest.mark.parametrize("name", INCIDENTS)
def test_it_breaks_and_can_be_mended(lab: Lab, name: str) -> None:
    noted = len(lab.journal.entries())
    incidents.put_in(lab, name)
    try:
        assert incidents.active(lab) == name
        assert len(lab.journal.entries()) == noted, "the journal does not tell what was broken"
        assert not INCIDENTS[name].symptom(lab).done, "people notice something"
        assert not INCIDENTS[name].cause(lab).done
    finally:
        incidents.mend(lab, name)  # raises unless symptom, cause and all the rest are whole
    lines = marks.path_of(lab.directory).read_text("utf-8").splitlines()
    mine = [mark for line in lines if (mark := marks.parse(line)) and mark.key == name]
    assert [mark.event for mark in mine] == ["put-in", "given-up", "checked"]
    assert mine[-1].passed
    assert name not in marks.mended(mine), "who gave up did not mend it"


@pytest.mark.parametrize("name", INCIDENTS)
def test_it_tells_a_story_and_not_its_cause(name: str) -> None:
    incident = INCIDENTS[name]
    assert len(incident.hints) == 3
    assert incident.level in (1, 2, 3)
    assert len(incident.story) > 80
    assert len(incident.why) > 150
    for telling in ("label", "export", "cordon", "pending-upgrade", "nfs-common", "apihost"):
        assert telling not in incident.story.lower().replace(name, "")


def test_there_are_enough_of_them() -> None:
    assert len(INCIDENTS) >= 10


def test_a_lab_that_is_not_whole_is_not_broken_further(lab: Lab) -> None:
    incidents.put_in(lab, "nobody-home")
    with pytest.raises(StepError, match="not whole"):
        incidents.put_in(lab, "one-less")
    incidents.mend(lab, "nobody-home")


def test_an_unknown_one_is_refused(lab: Lab) -> None:
    with pytest.raises(ConfigError, match="no incident 'fire'"):
        incidents.put_in(lab, "fire")


def owlab(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "owlab", *words], capture_output=True, text=True, timeout=120
    )


def test_the_command_line_plays_the_same(lab: Lab) -> None:
    listed = owlab("incidents")
    assert listed.returncode == 0
    assert "nobody-home" in listed.stdout
    told = owlab("break", "nobody-home", "--lab", "incidents")
    assert told.returncode == 0, told.stderr
    assert "connection is refused" in " ".join(told.stdout.split())
    assert "31443" not in told.stdout
    asked = owlab("incidents", "--check", "--lab", "incidents")
    assert asked.returncode == 1
    assert "no   the cause is gone" in asked.stdout
    assert "6.3" not in asked.stdout, "the check does not name the step that was broken"
    assert "NodePort" in owlab("incidents", "--hint", "3", "--lab", "incidents").stdout
    assert owlab("incidents", "--explain", "--lab", "incidents").returncode == 1
    mended = owlab("incidents", "--mend", "--lab", "incidents")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert "property set --apihost" in mended.stdout
    assert "NodePort" in owlab("incidents", "--explain", "--lab", "incidents").stdout
