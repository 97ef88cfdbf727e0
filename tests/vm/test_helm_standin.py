"""Section 3 on Debian: no snap, and a sudo that would not find it. Against a stand-in for Helm."""

from __future__ import annotations

import pytest

from owlab.errors import CommandError
from owlab.steps import helm
from tests.vm.performing import perform

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]


def test_an_archive_that_cannot_be_downloaded_fails_the_step(lab, downloads):
    with downloads.broken("get.helm.sh", 404), pytest.raises(CommandError) as failed:
        lab.perform(helm.install)
    assert failed.value.brief == "3 install Helm on master: a command failed."
    assert "404" in failed.value.details


def test_an_archive_that_is_another_one_is_not_installed(open_lab, machines):
    other = open_lab("vm-sum", helm_sha256="0" * 64)
    command = next(iter(helm.install.commands(other, "master")))
    done = other.run(command)
    assert not done and "FAILED" in done.stdout
    assert machines.ssh("master", "command -v helm").returncode != 0


def test_standin_helm_is_installed_from_the_archive(lab, machines, downloads):
    downloads.asked.clear()
    changed, typed = perform(lab, helm.install)
    assert changed and len(typed) == 1
    assert downloads.asked == ["get.helm.sh/helm-v4.1.4-linux-amd64.tar.gz"]
    assert machines.ssh("master", "sudo helm version --short").stdout == "v4.1.4+stand-in\n"
    assert perform(lab, helm.install) == (False, [])


def test_a_snap_whose_programs_sudo_does_not_find_is_not_used(lab, machines):
    """As on Debian with snapd: it installs, and `sudo helm` is not found."""
    there = "printf '#!/bin/sh\\n' | sudo install -m 755 /dev/stdin /usr/bin/snap"
    machines.ssh("master", f"{there}; sudo rm /usr/local/bin/helm")
    try:
        changed, _ = perform(lab, helm.install)
        assert changed
        assert machines.ssh("master", "ls /usr/local/bin/helm").returncode == 0
    finally:
        machines.ssh("master", "sudo rm /usr/bin/snap")
