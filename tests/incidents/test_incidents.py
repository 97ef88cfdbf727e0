"""Every incident is broken, seen, and mended, on a pocket lab; and nothing else suffers."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from owlab import Command, Lab, incidents, marks
from owlab.errors import ConfigError, StepError
from owlab.incidents import INCIDENTS
from owlab.step import Check, Evidence
from tests.waiting import until

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


HELM = "sudo helm --kubeconfig /etc/rancher/k3s/k3s.yaml"
EVIDENCE = {
    "one-less": [
        ("master", "sudo kubectl get nodes", "NotReady"),
        ("worker2", "systemctl status k3s-agent", "disabled"),
    ],
    "no-room": [
        ("master", "sudo kubectl describe pod -n incident", "Insufficient memory"),
    ],
    "works-on-the-master": [
        ("worker1", "kubectl --kubeconfig ~/.kube/config get nodes", "127.0.0.1:6443"),
    ],
    "who-are-you": [
        ("master", "wsk action list", "The supplied authentication is invalid."),
        ("master", "wsk --verbose action list", "code 401"),
    ],
    "nobody-home": [
        ("master", "wsk action list", "connection refused"),
        ("master", "sudo kubectl get service -n openwhisk", "31001"),
    ],
    "nobody-runs": [
        ("master", "sudo kubectl get pods -n openwhisk", "Pending"),
        ("master", "sudo kubectl describe pod owdev-invoker-0 -n openwhisk", "affinity"),
    ],
    "after-the-weekend": [
        ("master", "sudo kubectl get pods -n openwhisk", "ImagePullBackOff|ErrImagePull"),
        ("master", "sudo kubectl describe pod owdev-kafka-0 -n openwhisk", "0.10-withdrawn"),
    ],
    "after-maintenance": [("master", "sudo kubectl get nodes", "SchedulingDisabled")],
    "half-an-upgrade": [
        ("master", f"{HELM} list -a -n openwhisk", "pending-upgrade"),
        ("master", f"{HELM} history owdev -n openwhisk", "pending-upgrade"),
    ],
    "too-slow": [
        ("master", "wsk action invoke report --result", "exceeded its time limits"),
        ("master", "wsk action get report", '"timeout": 1000'),
    ],
    "page-not-found": [("master", "wsk action get helloweb", '"web-export"')],
    "recipe-from-a-blog": [
        ("master", "sudo kubectl get pods -n openwhisk", "owdev-invoker-[a-z0-9]{5} +1/1 +Running"),
        (
            "master",
            "curl -sk https://$(hostname -I | cut -d' ' -f1):31001/invokers",
            '"(down|unhealthy)"',
        ),
        ("master", "sudo kubectl logs daemonset/owdev-invoker -n openwhisk", "the Docker daemon"),
        ("master", f"{HELM} get values owdev -n openwhisk", "impl: docker"),
        ("worker1", "command -v docker || echo none", "none"),
    ],
    "ten-times-as-many": [
        ("master", "wsk action invoke catalogue --result", "exhausted its memory"),
        ("master", "wsk action get catalogue", '"memory": 128'),
    ],
    "restart-that-hangs": [
        ("master", "sudo kubectl describe pod -l name=owdev-couchdb -n openwhisk", "access denied"),
    ],
    "silent-storage": [
        ("master", "sudo kubectl describe pod -l name=owdev-couchdb -n openwhisk", "refused"),
        ("storage", "systemctl status nfs-server", "inactive"),
    ],
    "after-the-audit": [
        ("master", "sudo kubectl logs deployment/logbook -n incident", "Permission denied"),
        ("master", "sudo kubectl describe pod -n incident", "Back-off restarting"),
        ("storage", "sudo exportfs -v", ",root_squash"),
    ],
    "reinstalled-worker": [
        ("master", "sudo kubectl describe pod -n incident", "helper program"),
    ],
    "reports-wait": [
        ("master", "sudo kubectl describe pod -n incident", "unbound"),
        ("master", "sudo kubectl get pvc -n incident", "nfs-clinet"),
    ],
    "will-not-go": [
        ("master", "sudo kubectl describe pvc archive -n incident", "pvc-protection"),
    ],
    "back-from-repair": [
        ("worker2", "sudo journalctl -u k3s-agent", "401 Unauthorized"),
        ("master", "sudo k3s token list", "TTL"),
    ],
    "same-name": [
        ("master", "sudo kubectl get nodes", "NotReady"),
        ("worker2", "sudo journalctl -u k3s-agent", "Node password rejected"),
        ("master", "sudo kubectl get secrets -n kube-system", "worker2.node-password.k3s"),
    ],
}
"""What one types, and what tells: without it nobody could find the cause."""


@pytest.mark.parametrize("name", INCIDENTS)
def test_it_breaks_and_can_be_mended(lab: Lab, name: str) -> None:
    noted = len(lab.journal.entries())
    incidents.put_in(lab, name)
    try:
        assert incidents.active(lab) == name
        assert len(lab.journal.entries()) == noted, "the journal does not tell what was broken"
        assert not INCIDENTS[name].symptom(lab).done, "people notice something"
        assert not INCIDENTS[name].cause(lab).done
        for machine, line, wanted in EVIDENCE[name]:
            _seen(lab, machine, line, wanted)
    finally:
        incidents.mend(lab, name)  # raises unless symptom, cause and all the rest are whole
    lines = marks.path_of(lab.directory).read_text("utf-8").splitlines()
    mine = [mark for line in lines if (mark := marks.parse(line)) and mark.key == name]
    assert [mark.event for mark in mine] == ["put-in", "given-up", "checked"]
    assert mine[-1].passed
    assert name not in marks.mended(mine), "who gave up did not mend it"


def _seen(lab: Lab, machine: str, line: str, wanted: str) -> None:
    """What a learner reads there, by and by: events and states need a moment."""
    shown: list[str] = []

    def there() -> bool:
        result = lab.read(Command(line, on=machine))
        shown.append(result.stdout + result.stderr)
        return re.search(wanted, shown[-1]) is not None

    try:
        until(there, pause=0.5)
    except AssertionError:
        pytest.fail(f"{machine}$ {line}\ndoes not show {wanted!r}, but\n{shown[-1]}")


@pytest.mark.parametrize("name", INCIDENTS)
def test_it_tells_a_story_and_not_its_cause(name: str) -> None:
    incident = INCIDENTS[name]
    assert len(incident.hints) == 3
    assert incident.level in (1, 2, 3)
    assert len(incident.story) > 80
    assert len(incident.why) > 150
    for telling in (
        *("label", "export", "cordon", "pending-upgrade", "nfs-common", "apihost"),
        *("docker", "squash", "expired", "token has", "memory limit", "password"),
    ):
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


def _showing(monkeypatch: pytest.MonkeyPatch, *healthy: bool) -> list[Check]:
    """An incident that breaks nothing; its symptom is what is said, look after look."""
    looks: list[Check] = []

    def symptom(_lab: object) -> Check:
        looks.append(Check((Evidence("people notice", healthy[len(looks)], "nothing"),)))
        return looks[-1]

    quiet = dataclasses.replace(
        INCIDENTS["one-less"], breaks=lambda _lab: iter(()), symptom=symptom
    )
    monkeypatch.setitem(INCIDENTS, "one-less", quiet)
    return looks


def test_it_is_put_in_once_people_notice(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod that will crash is ready for a moment."""
    looks = _showing(monkeypatch, True, True, False)
    incidents.put_in(lab, "one-less")
    assert len(looks) == 3


def test_one_that_nobody_notices_is_an_error(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incidents, "NOTICED_WITHIN", 0.1)
    _showing(monkeypatch, *[True] * 20)
    with pytest.raises(StepError, match="shows nothing"):
        incidents.put_in(lab, "one-less")


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
