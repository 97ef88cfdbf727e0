"""Section 3 on a real machine, against stand-ins for snap and Helm."""

from __future__ import annotations

from pathlib import Path

import pytest

from owlab.errors import CommandError
from owlab.steps import helm
from tests.vm.performing import perform

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]


def test_without_snap_the_step_says_so(lab):
    with pytest.raises(CommandError) as failed:
        lab.perform(helm.install)
    assert "master$ sudo snap install helm --classic" in failed.value.details
    assert "snap: command not found" in failed.value.details


def test_standin_snap_that_cannot_download_fails_the_step(lab, machines, downloads):
    machines.put("master", Path(__file__).with_name("standin_snap.py"), "/usr/bin/snap")
    with downloads.broken("api.snapcraft.io", 404), pytest.raises(CommandError) as failed:
        lab.perform(helm.install)
    assert failed.value.brief == "3 install Helm on master: a command failed."
    assert "master$ sudo snap install helm --classic" in failed.value.details
    assert "404" in failed.value.details


def test_standin_helm_is_installed_when_the_step_is_repeated(lab, machines):
    changed, typed = perform(lab, helm.install)
    assert changed
    assert typed == ["master$ sudo snap install helm --classic --channel=latest/stable"]
    assert machines.ssh("master", "sudo helm version --short").stdout == "v4.0.0+stand-in\n"
    assert perform(lab, helm.install) == (False, [])
