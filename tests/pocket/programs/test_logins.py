"""Who is at a terminal, since when, and since when the machine is up."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

MINUTE, HOUR, DAY = 60, 3600, 86400


def at(moment: float, form: str) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):{form}}"


@pytest.fixture
def visitors(master) -> Any:
    """Ann came two hours ago and is idle, Bob left after a day, and the machine is up for three."""
    now = time.time()
    master.booted = now - 3 * DAY - 2 * HOUR - 5 * MINUTE - 2
    made = {}
    for user, origin, came, left in (
        ("bob", "10.0.0.7", 2 * DAY + 30 * MINUTE, DAY - 95 * MINUTE),
        ("ann", "10.0.0.8", 2 * HOUR, None),
        ("ubuntu", "10.0.0.9", 5 * MINUTE, None),
    ):
        shell = master.session(user="ubuntu")
        visit = master.visits.arrive(shell, origin)
        visit.user, visit.came = user, now - came
        visit.left = None if left is None else now - left
        shell.used = now - came / 2
        made[user] = visit
    return made


async def out(on, line: str) -> str:
    typed = await on("master", line)
    assert (typed.err, typed.status) == ("", 0), typed
    return str(typed.out)


@pytest.mark.parametrize(
    ("up", "words", "head"),
    [
        (0, "0 minutes", " 0 min"),
        (59, "0 minutes", " 0 min"),
        (MINUTE, "1 minute", " 1 min"),
        (HOUR - 1, "59 minutes", " 59 min"),
        (HOUR, "1 hour", "  1:00"),
        (HOUR + 2 * MINUTE, "1 hour, 2 minutes", "  1:02"),
        (DAY - 1, "23 hours, 59 minutes", " 23:59"),
        (DAY, "1 day", " 1 day, 0 min"),
        (2 * DAY + HOUR, "2 days, 1 hour", " 2 days,  1:00"),
        (8 * DAY, "1 week, 1 day", " 8 days, 0 min"),
    ],
)
async def test_since_when_it_is_up(on, master, up, words, head):
    master.booted = time.time() - up - 0.2
    assert await out(on, "uptime -p") == f"up {words}\n"
    assert f" up{head},  0 users,  load average: " in await out(on, "uptime")
    assert await out(on, "uptime -s") == at(master.booted, "%Y-%m-%d %H:%M:%S\n")


async def test_who_is_there(on, master, visitors):
    ann, ubuntu = visitors["ann"], visitors["ubuntu"]
    rows = [
        f"ann      pts/0        {at(ann.came, '%Y-%m-%d %H:%M')} (10.0.0.8)\n",
        f"ubuntu   pts/1        {at(ubuntu.came, '%Y-%m-%d %H:%M')} (10.0.0.9)\n",
    ]
    boot = f"         system boot  {at(master.booted, '%Y-%m-%d %H:%M')}\n"
    assert await out(on, "who") == "".join(rows)
    assert await out(on, "who -b") == boot
    assert await out(on, "who -q") == "ann ubuntu\n# users=2\n"
    assert (await out(on, "who -H")).startswith("NAME     LINE         TIME             COMMENT\n")
    assert await out(on, "who -m; who am i") == ""
    whole = await out(on, "who -a")
    assert whole.startswith(boot) and whole.count("   .   ") == 2
    assert f"   .   {ann.pid:>11} (10.0.0.8)\n" in await out(on, "who -u")
    assert await out(on, "users") == "ann ubuntu\n"
    assert ",  2 users,  load" in await out(on, "uptime")
    ann.left = time.time()
    assert ",  1 user,  load" in await out(on, "uptime")
    ubuntu.left = time.time()
    assert await out(on, "users") == ""


async def test_what_they_do(on, visitors):
    head, title, ann, ubuntu = (await out(on, "w")).splitlines()
    assert "2 users" in head
    assert title.split() == ["USER", "TTY", "FROM", "LOGIN@", "IDLE", "JCPU", "PCPU", "WHAT"]
    since = at(visitors["ann"].came, "%H:%M")
    assert ann.split() == ["ann", "pts/0", "10.0.0.8", since, "1:00m", "0.00s", "0.00s", "-bash"]
    assert ubuntu.split()[4].startswith("2:3")
    assert (await out(on, "w -h")).splitlines()[0] == ann
    assert (await out(on, "w -hs ann")).split() == ["ann", "pts/0", "10.0.0.8", "1:00m", "-bash"]
    assert await out(on, "w -h nobody") == ""
    assert (await out(on, "w -hsf ann")).split() == ["ann", "pts/0", "1:00m", "-bash"]
    assert (await out(on, "w --from")).splitlines()[1].split()[2] == "LOGIN@"
    assert (await out(on, "w -f --from")).splitlines()[1:] == [title, ann, ubuntu]


@pytest.mark.parametrize(
    ("idle", "told"),
    [
        (MINUTE + 1.5, "1:01"),
        (HOUR - 1, "59:59"),
        (HOUR + 0.5, "1:00m"),
        (47 * HOUR + 30 * MINUTE + 1, "47:30m"),
        (48 * HOUR + 1, "2days"),
    ],
)
async def test_how_long_idle(on, visitors, idle, told):
    visitors["ann"].shell.used = time.time() - idle
    assert (await out(on, "w -hs ann")).split()[3] == told


async def test_who_was_there(on, master, visitors):
    def day(moment: float, form: str = "%H:%M") -> str:
        return (
            at(moment, "%a %b ")
            + f"{datetime.fromtimestamp(moment, UTC).day:>2} "
            + at(moment, form)
        )

    bob, ann = visitors["bob"], visitors["ann"]
    left = f"{day(bob.came)} - {at(bob.left, '%H:%M')}  (1+02:05)"
    rows = [
        f"ubuntu   pts/1        10.0.0.9         {day(visitors['ubuntu'].came)}   still logged in",
        f"ann      pts/0        10.0.0.8         {day(ann.came)}   still logged in",
        f"bob      pts/0        10.0.0.7         {left}",
    ]
    lines = (await out(on, "last")).splitlines()
    assert lines[:3] == rows
    assert lines[3].startswith("reboot   system boot  6.8.0") and lines[3].endswith("still running")
    assert lines[4:] == ["", f"wtmp begins {day(master.booted, '%H:%M:%S %Y')}"]
    assert (await out(on, "last -2")).splitlines()[:3] == [*rows[:2], ""]
    assert (await out(on, "last -n 1")).splitlines()[:2] == [rows[0], ""]
    assert (await out(on, "last -n 0")).splitlines()[:3] == rows
    assert (await out(on, "last bob pts/1")).splitlines()[:3] == [rows[0], rows[2], ""]
    visitors["bob"].origin = "a-name-that-is-longer.example"
    assert "a-name-that-is-l " in await out(on, "last bob")
    assert " a-name-that-is-longer.example " in await out(on, "last -w bob")
    assert (await out(on, "last -R bob")).splitlines()[0] == f"bob      pts/0        {left}"
    full = (await out(on, "last -F bob")).splitlines()[0]
    assert day(bob.came, "%H:%M:%S %Y") in full and day(bob.left, "%H:%M:%S %Y") in full
    bob.left = bob.came + 23 * HOUR + 59 * MINUTE
    assert "  (23:59)" in await out(on, "last bob")
    typed = await on("master", "last -n x")
    assert (typed.err, typed.status) == ("last: failed to parse number: 'x'\n", 1)


async def test_each_accounts_last_time(on, visitors):
    lines = (await out(on, "lastlog")).splitlines()
    assert lines[0].split() == ["Username", "Port", "From", "Latest"]
    [mine] = [line for line in lines if line.startswith("ubuntu ")]
    assert mine.split()[1:3] == ["pts/1", "10.0.0.9"] and " +0000 " in mine
    [root] = [line for line in lines if line.startswith("root ")]
    assert root.endswith("**Never logged in**")
    assert (await out(on, "lastlog -u ubuntu")).splitlines()[1:] == [mine]
    typed = await on("master", "lastlog -u nobody2")
    assert (typed.err, typed.status) == ("lastlog: Unknown user or range: nobody2\n", 1)


@pytest.mark.parametrize(
    ("up", "told"),
    [
        (59, "00:59"),
        (HOUR - 1, "59:59"),
        (HOUR, "01:00:00"),
        (DAY - 1, "23:59:59"),
        (DAY + 2 * HOUR + 3, "1-02:00:03"),
    ],
)
async def test_for_how_long_a_process_runs(on, master, up, told):
    master.booted = time.time() - up - 0.3
    assert (await out(on, "ps -p 1 -o etime=")).strip() == told


async def test_a_shell_of_ones_own_shows_what_it_runs(on, visitors):
    """Of others only the shell is there."""
    rows = (await out(on, "ps -eo tty,args | grep -a ^pts")).splitlines()
    assert [row.split()[:2] for row in rows] == [["pts/0", "-bash"], ["pts/1", "-bash"]]
