"""A Job of OpenWhisk that gave up (F28) is noticed at once, and told with its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from owlab import Command, Lab
from owlab.errors import CommandError
from owlab.steps import openwhisk

JOB = "-n openwhisk job/owdev-install-packages"
FAILED = {
    "type": "Failed",
    "status": "True",
    "reason": "BackoffLimitExceeded",
    "message": "Job has reached the specified backoff limit",
}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    lab = Lab.open("jobs")
    try:
        lab.up("6.4")
        yield lab
    finally:
        lab.down()


def give_up(lab: Lab) -> None:
    patch = json.dumps([{"op": "replace", "path": "/status/conditions", "value": [FAILED]}])
    typed = f"sudo kubectl patch {JOB} --subresource=status --type=json -p '{patch}'"
    done = lab.run(Command(typed, on="master"))
    assert done, done.stderr


def test_a_job_that_gave_up_fails_the_step_with_its_reason(lab: Lab) -> None:
    give_up(lab)
    reason = "job owdev-install-packages gave up: Job has reached the specified backoff limit"
    assert openwhisk.deploy.state(lab).why == f"packages installed: {reason}"
    with pytest.raises(CommandError, match=reason) as caught:
        openwhisk.deploy(lab)
    assert "6.4 deploy OpenWhisk on master: a command failed" in caught.value.brief
