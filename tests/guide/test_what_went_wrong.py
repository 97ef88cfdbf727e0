"""What the check of 6.4 sees after a deployment went wrong, or its addresses changed (F14, F28)."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from owlab import Command, Lab
from owlab.errors import CommandError
from owlab.steps import certificate, openwhisk
from tests.waiting import until

JOB = "-n openwhisk job/owdev-install-packages"
FAILED = {
    "type": "Failed",
    "status": "True",
    "reason": "BackoffLimitExceeded",
    "message": "Job has reached the specified backoff limit",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory):
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path_factory.mktemp("home")))
    lab = Lab.open("jobs")
    try:
        lab.up("6.4")
        yield lab
    finally:
        lab.down()
        monkeypatch.undo()


def give_up(lab: Lab) -> None:
    patch = json.dumps([{"op": "replace", "path": "/status/conditions", "value": [FAILED]}])
    typed = f"sudo kubectl patch {JOB} --subresource=status --type=json -p '{patch}'"
    done = lab.run(Command(typed, on="master"))
    assert done, done.stderr


def test_a_certificate_for_an_old_address_is_noticed_and_made_anew(lab: Lab) -> None:
    assert openwhisk.deploy.state(lab).done
    for command in certificate.install(lab, "master"):
        elsewhere = replace(command, text=command.text.replace("IP:${MASTER_IP}", "IP:10.9.8.7"))
        done = lab.run(elsewhere)
        assert done, done.stderr
    until(lambda: "its certificate is not for" in openwhisk.deploy.state(lab).why)
    time.sleep(1)  # kubectl restarts a Deployment once a second
    openwhisk.deploy(lab)
    assert openwhisk.deploy.state(lab).done


def test_volumes_of_an_old_nfs_server_are_noticed(lab: Lab, monkeypatch) -> None:
    before, real = lab.address("storage"), lab.address
    moved = {"storage": "10.9.8.7"}
    monkeypatch.setattr(lab, "address", lambda name: moved.get(name) or real(name))
    assert f"made for {before}: uninstall OpenWhisk" in openwhisk.deploy.state(lab).why


def test_a_job_that_gave_up_fails_the_step_with_its_reason(lab: Lab) -> None:
    give_up(lab)
    reason = "job owdev-install-packages gave up: Job has reached the specified backoff limit"
    assert openwhisk.deploy.state(lab).why == f"packages installed: {reason}"
    with pytest.raises(CommandError, match=reason) as caught:
        openwhisk.deploy(lab)
    assert "6.4 deploy OpenWhisk on master: a command failed" in caught.value.brief
