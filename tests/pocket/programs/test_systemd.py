"""systemctl, service and journalctl."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.machines import units
from owlab.pocket.programs import systemd


@pytest.fixture
async def nfs(on):
    await on("storage", "sudo apt-get install -y nfs-kernel-server")


async def test_starting_and_enabling_what_runs_is_silent(on, nfs):
    typed = await on(
        "storage",
        "sudo systemctl enable nfs-server.service\nsudo systemctl start nfs-server.service",
    )
    assert (str(typed), typed.status) == ("", 0)


async def test_exit_codes_of_is_active(on, nfs):
    assert (await on("storage", "systemctl is-active nfs-server")).status == 0
    await on("storage", "sudo systemctl stop nfs-kernel-server")
    stopped = await on("storage", "systemctl is-active nfs-server")
    assert (stopped.out, stopped.status) == ("inactive\n", 3)
    unknown = await on("storage", "systemctl is-active nosuch")
    assert (unknown.out, unknown.status) == ("inactive\n", 4)


async def test_status(on, nfs):
    assert "Active: active (exited)" in (await on("storage", "systemctl status nfs-server")).out
    unknown = await on("storage", "systemctl status nosuch")
    assert (unknown.err, unknown.status) == ("Unit nosuch.service could not be found.\n", 4)


async def test_a_unit_that_does_not_exist(on):
    typed = await on("master", "sudo systemctl start nfs-server")
    assert typed.status == 5
    assert typed.err == "Failed to start nfs-server.service: Unit nfs-server.service not found.\n"


async def test_only_root_changes(on, nfs):
    typed = await on("storage", "systemctl stop nfs-server")
    assert typed.status == 4
    assert "Interactive authentication required" in typed.err
    assert (await on("storage", "systemctl is-active nfs-server")).status == 0


async def test_what_is_disabled_is_not_there_after_a_reboot(on, lab, nfs):
    machine = lab.fleet.machines["storage"]
    await lab.fleet.restart(machine)
    assert machine.service_active("nfs-server")
    await on("storage", "sudo systemctl disable nfs-server")
    await lab.fleet.restart(machine)
    assert not machine.service_active("nfs-server")
    assert (await on("storage", "systemctl is-enabled nfs-server")).out == "disabled\n"


async def test_the_journal_tells(on, nfs):
    await on("storage", "sudo systemctl restart nfs-server")
    typed = await on("storage", "journalctl -u nfs-server -n 1 -o cat --no-pager")
    assert typed.out == "Finished nfs-server.service - NFS server and services.\n"
    assert (await on("storage", "journalctl -u nosuch")).out == "-- No entries --\n"


async def test_service_is_the_older_way(on, nfs):
    await on("storage", "sudo service nfs-kernel-server stop")
    assert (await on("storage", "service nfs-kernel-server status")).status == 3
    assert (await on("storage", "service nosuch status")).status == 1


VERBS = st.sampled_from(["start", "stop", "enable", "is-active", "status", "show"])
UNITS = st.sampled_from(["nfs-server", "nfs-server.service", "k3s"])


@given(VERBS, st.lists(UNITS, min_size=1, max_size=3), st.booleans(), st.booleans())
def test_now_may_stand_anywhere(verb, names, now, first):
    words = [verb, *names]
    if now:
        words.insert(0 if first else len(words), "--now")
    request = systemd.parse(words)
    assert (request.verb, request.names, request.now) == (verb, tuple(names), now)


@given(st.lists(st.text(max_size=8), max_size=5))
def test_any_words_are_read_or_refused(words):
    try:
        systemd.parse(words)
    except systemd.SystemctlUsageError as error:
        assert str(error).startswith("systemctl: ")


@given(st.sampled_from(["nfs-server", "nfs-kernel-server", "sshd", "k3s-agent", "x"]))
def test_a_name_is_the_same_with_its_suffix(name):
    assert units.plain(name) == units.plain(f"{name}.service") == units.plain(units.plain(name))


async def test_a_unit_of_ones_own_is_listed_and_not_run(on):
    unit = "[Unit]\\nDescription=Says hello\\n[Service]\\nExecStart=/bin/sleep 9\\n"
    await on("master", f"printf '{unit}' | sudo tee /etc/systemd/system/hello.service")
    typed = await on("master", "sudo systemctl enable --now hello; systemctl is-active hello")
    assert "wants/hello.service → /etc/systemd/system/hello.service." in typed.err + typed.out
    assert "runs no program of a unit of your own" in typed.err
    assert typed.out.endswith("active\n")
    listed = (await on("master", "systemctl list-units --state=running --no-legend")).out
    assert "hello.service" in listed and "Says hello" in listed and "ssh.service" in listed
