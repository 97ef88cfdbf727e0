"""systemctl, service and journalctl."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.ground import clock
from owlab.pocket.machines import units
from owlab.pocket.programs import systemd

DIALOGUES = Path(__file__).with_name("systemctl.txt").read_text("utf-8").strip().split("\n---\n")
"""Lines, ``=>``, what each prints, and its status where that is not 0."""


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


async def lines(on, script: str) -> list[str]:
    """What each line of a script did: what it printed, and its status where that is not 0."""
    found = []
    for line in script.strip().splitlines():
        typed = await on("master", line)
        said = str(typed).strip().replace("\n", "\\n")
        status = f"[{typed.status}]" if typed.status else ""
        found.append(" ".join(part for part in (line.strip(), "=>", said, status) if part))
    return found


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=range(len(DIALOGUES)))
async def test_what_systemctl_says(on, dialogue):
    wanted = dialogue.splitlines()
    script = "\n".join(line.partition(" =>")[0] for line in wanted)
    assert await lines(on, script) == wanted


async def test_who_may_not_is_told_where_to_look(on):
    for verb, status in (("start", 4), ("stop", 4), ("restart", 4), ("reload", 4), ("kill", 1)):
        typed = await on("master", f"systemctl {verb} ssh")
        assert (typed.status, typed.out) == (status, "")
        assert typed.err == (
            f"Failed to {verb} ssh.service: Interactive authentication required.\n"
            "See system logs and 'systemctl status ssh.service' for details.\n"
        )


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        ({"seconds": 0}, "0s"),
        ({"seconds": 59}, "59s"),
        ({"seconds": 60}, "1min 0s"),
        ({"minutes": 4, "seconds": 59}, "4min 59s"),
        ({"minutes": 5, "seconds": 30}, "5min"),
        ({"minutes": 59, "seconds": 30}, "59min"),
        ({"hours": 1, "seconds": 30}, "1h 0min"),
        ({"hours": 5, "minutes": 59, "seconds": 30}, "5h 59min"),
        ({"hours": 6, "minutes": 30}, "6h"),
        ({"hours": 24, "minutes": 30}, "24h"),
        ({"hours": 25, "minutes": 30}, "1 day 1h"),
        ({"hours": 47, "minutes": 30}, "1 day 23h"),
        ({"days": 2, "minutes": 30}, "2 days"),
        ({"days": 13, "minutes": 30}, "13 days"),
    ],
)
async def test_since_when(on, master, monkeypatch, ago, told):
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "source", lambda: int(now.timestamp()) * 10**9)
    since = now - timedelta(**ago)
    master.state.units["ssh"].since = since.isoformat()
    out = (await on("master", "systemctl status ssh")).out
    assert f"Active: active (running) since {since:%a %Y-%m-%d %H:%M:%S} UTC; {told} ago\n" in out


async def test_a_status_by_its_state(on, master):
    head, loaded, active, pid, *_ = (await on("master", "systemctl status ssh")).out.splitlines()
    assert head.startswith("● ssh.service - ")
    assert (
        loaded
        == "     Loaded: loaded (/usr/lib/systemd/system/ssh.service; enabled; preset: enabled)"
    )
    assert active.startswith("     Active: active (running)")
    assert pid.startswith("   Main PID: ") and "(sshd" in pid
    await on("master", "sudo systemctl disable --now ssh")
    typed = await on("master", "systemctl status ssh")
    assert typed.status == 3
    head, loaded, active, *rest = typed.out.splitlines()
    assert head.startswith("○ ") and "; disabled; preset" in loaded
    assert active.startswith("     Active: inactive (dead)")
    assert not any("Main PID" in line for line in rest)
    assert len([line for line in rest if line]) <= 10


async def test_lists_of_units(on):
    table = (await on("master", "systemctl list-units")).out.splitlines()
    assert table[0].split() == ["UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION"]
    count = len(table) - 3
    assert table[-1] == f"{count} loaded units listed."
    assert all(row.split()[2] == "active" for row in table[1:-2])
    bare = (await on("master", "systemctl --no-legend")).out.splitlines()
    assert len(bare) == count
    await on("master", "sudo systemctl stop ssh")
    shown = (await on("master", "systemctl list-units --no-legend")).out
    assert "ssh.service" not in shown and len(shown.splitlines()) == count - 1
    dead = (await on("master", "systemctl list-units --state=dead ssh --no-legend")).out.split()
    assert dead[:4] == ["ssh.service", "loaded", "inactive", "dead"]
    failed = await on("master", "systemctl --failed")
    assert failed.out.splitlines()[-1] == "0 loaded units listed."
    files = (await on("master", "systemctl list-unit-files")).out.splitlines()
    assert files[0].split() == ["UNIT", "FILE", "STATE"]
    assert files[-1] == f"{len(files) - 3} unit files listed." and len(files) - 3 >= count
