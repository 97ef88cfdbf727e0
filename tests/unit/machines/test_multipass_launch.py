"""Launching: each way in which it fails, and what the provider makes of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from owlab.config import LabConfig
from owlab.machines import multipass_errors as errors


def launch(provider, machine):
    return provider.execute(provider.launch(machine), {})


def test_launching_a_machine(multipass, provider, master):
    done = launch(provider, master)
    assert done.exit_code == 0
    assert "Launched: master" in done.stdout
    (info,) = provider.machines()
    assert (info.name, info.state, info.ipv4) == ("master", "Running", "10.251.200.141")
    words = "launch 24.04 --name master --cpus 2 --memory 6G --disk 50G --timeout 900"
    assert " ".join(multipass.calls[0]) == words


@pytest.mark.parametrize(
    "fault, kind",
    [
        ("daemon-unreachable", errors.DaemonUnreachable),
        ("access-denied", errors.DaemonPermission),
        ("not-authenticated", errors.NotAuthenticated),
        ("image-not-found", errors.ImageNotFound),
        ("image-unsupported", errors.ImageNotFound),
        ("remote-unknown", errors.ImageNotFound),
        ("download-failed", errors.ImageDownloadFailed),
        ("hash-mismatch", errors.ImageDownloadFailed),
        ("no-kvm", errors.VirtualizationUnavailable),
        ("kvm-denied", errors.VirtualizationUnavailable),
        ("other-manager", errors.VirtualizationUnavailable),
        ("no-memory", errors.NotEnoughMemory),
        ("no-disk", errors.NotEnoughDisk),
        ("disk-too-small", errors.InvalidResource),
        ("memory-too-small", errors.InvalidResource),
        ("unhandled", errors.MultipassError),
    ],
)
def test_a_failed_launch_is_classified(multipass, provider, master, fault, kind):
    multipass.fail(fault)
    with pytest.raises(kind) as raised:
        launch(provider, master)
    assert type(raised.value) is kind
    assert raised.value.details and raised.value.resolution
    assert multipass.state["machines"] == {}


def test_the_name_is_taken(multipass, provider, master):
    multipass.add("master", "Deleted")
    with pytest.raises(errors.InstanceExists, match="recover"):
        launch(provider, master)
    assert multipass.state["machines"]["master"]["state"] == "Deleted"


def test_the_client_gave_up_and_the_machine_comes_up_later(multipass, provider, master):
    multipass.fail("client-timeout")
    assert launch(provider, master).exit_code == 0
    assert provider.machines()[0].state == "Running"


def test_the_client_gave_up_and_the_machine_never_comes_up(multipass, provider, master):
    multipass.fail("client-timeout-for-good")
    with pytest.raises(errors.LaunchTimeout, match="Starting"):
        launch(provider, master)


def test_a_machine_that_did_not_answer_is_started_once_more(multipass, provider, master):
    multipass.fail("ssh-timeout")
    assert launch(provider, master).exit_code == 0
    assert ["stop", "--force", "master"] in multipass.calls


def test_a_slow_first_boot_is_waited_for(multipass, provider, master):
    multipass.fail("initialization-timeout")
    assert launch(provider, master).exit_code == 0


@pytest.mark.parametrize("fault", ["cloud-init-failed", "cloud-init-degraded"])
def test_a_first_boot_that_failed_is_no_success(multipass, provider, master, fault):
    multipass.fail(fault)
    with pytest.raises(errors.CloudInitFailed, match="delete --purge master"):
        launch(provider, master)


def test_the_first_launch_is_alone_and_then_three_at_once(make, provider):
    multipass = make("1.17")
    multipass.change(seconds=0.4)
    machines = LabConfig(workers=4).machines
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda machine: launch(provider, machine), machines))
    assert all(one.exit_code == 0 for one in done)
    assert len(multipass.state["machines"]) == 6
    assert 1 < multipass.state["busiest"] <= 3
