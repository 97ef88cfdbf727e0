"""What a machine writes is there for the next process, and a full disk is said."""

from __future__ import annotations

import asyncio

import pytest

from owlab.pocket.ground.failures import DiskFull
from tests.pocket.machines.conftest import Driver
from tests.waiting import PATIENCE


async def test_files_links_modes_and_removals_survive(master: Driver) -> None:
    await master.on(
        "master",
        "mkdir -p ~/d/e; echo one > ~/d/e/f; chmod 600 ~/d/e/f; ln -s d/e/f ~/link; "
        "printf '\\000\\377' > ~/bytes; echo gone > ~/gone",
    )
    await master.on("master", "rm ~/gone; echo two >> ~/d/e/f")
    again = await master.reopened()
    machine = again.lab.fleet.machines["master"]
    assert machine.read("/home/ubuntu/d/e/f") == b"one\ntwo\n"
    assert machine.files.stat("/home/ubuntu/d/e/f")["mode"] == 0o600
    assert machine.read("/home/ubuntu/link") == b"one\ntwo\n"
    assert machine.read("/home/ubuntu/bytes") == b"\x00\xff"
    assert machine.read("/home/ubuntu/gone") is None
    assert (await again.on("master", "cat ~/link")).out == "one\ntwo\n"
    await again.lab.stop()


async def test_what_a_long_command_has_written_survives(master: Driver) -> None:
    await master.lab.start()
    running = asyncio.create_task(master.on("master", "echo early > ~/early; sleep 600"))
    query = "SELECT count(*) FROM files WHERE machine = 'master' AND path = '/home/ubuntu/early'"
    async with asyncio.timeout(PATIENCE):
        while master.lab.db.row(query) != (1,):
            await asyncio.sleep(0.05)
    again = await master.reopened()
    assert again.lab.fleet.machines["master"].read("/home/ubuntu/early") == b"early\n"
    running.cancel()
    await again.lab.stop()


async def test_state_and_addresses_survive(master: Driver) -> None:
    machine = master.lab.fleet.machines["master"]
    machine.state.packages.installed = {"x": "1"}
    machine.write("/etc/deep/file", b"content", 0o640, "nobody")
    again = await master.reopened()
    found = again.lab.fleet.machines["master"]
    assert (found.address, found.state.packages.installed) == (machine.address, {"x": "1"})
    assert found.owner("/etc/deep/file") == "nobody:nogroup"
    assert found.read("/etc/deep/file") == b"content"
    await again.lab.stop()


async def test_what_the_cluster_changes_on_a_machine_is_durable_at_once(master: Driver) -> None:
    """A volume whose directory a crash has taken away could never be mounted."""
    machine = master.lab.fleet.machines["master"]

    def stored(path: str) -> bool:
        query = "SELECT count(*) FROM files WHERE machine = 'master' AND path = ?"
        return master.lab.db.row(query, path) == (1,)

    machine.mkdir("/srv/volumes/one", 0o777)
    assert stored("/srv/volumes/one")
    machine.write("/srv/volumes/one/file", b"x")
    assert stored("/srv/volumes/one/file")
    machine.rename("/srv/volumes/one", "/srv/volumes/archived-one")
    assert stored("/srv/volumes/archived-one/file") and not stored("/srv/volumes/one")
    machine.remove("/srv/volumes/archived-one")
    assert not stored("/srv/volumes/archived-one")
    machine.add_image("docker.io/library/nginx:latest")
    again = await master.reopened()
    found = again.lab.fleet.machines["master"]
    assert "docker.io/library/nginx:latest" in found.images()
    await again.lab.stop()


async def test_a_full_disk_is_said_and_what_was_there_stays(master: Driver) -> None:
    await master.on("master", "echo before > ~/before")
    pages = master.lab.db.row("PRAGMA page_count")
    assert pages is not None
    master.lab.db.run(f"PRAGMA max_page_count = {pages[0]}")
    with pytest.raises(DiskFull):
        await (
            master.lab.fleet.machines["master"]
            .session()
            .run("head -c 900000 /dev/zero > ~/big", _nothing, _nothing)
        )
    refused = await master.on("master", "echo more > ~/more")
    assert refused.status == 2
    assert "No space left" in refused.err
    assert "Free some space" in refused.err
    master.lab.db.run("PRAGMA max_page_count = 1073741823")
    assert (await master.on("master", "cat ~/before")).out == "before\n"
    assert (await master("launch", "-n", "other")).status == 0


async def _nothing(data: bytes) -> None:
    return None


async def test_purging_removes_the_files(master: Driver) -> None:
    await master.on("master", "echo secret > ~/file")
    await master("delete", "--purge", "master")
    assert master.lab.db.rows("SELECT path FROM files WHERE machine = 'master'") == []
    await master("launch", "-n", "master")
    assert (await master.on("master", "ls ~")).out == ""


@pytest.mark.parametrize(
    "change",
    [
        "echo two > ~/f; touch -r ~/then ~/f",
        "echo two > ~/f; touch -d 2001-02-03 ~/f",
        "rm ~/f; echo two > ~/g; touch -d 2001-02-03 ~/g; mv ~/g ~/f",
        "cp -p ~/f ~/g; printf 'two\n' > ~/g; touch -r ~/f ~/g; cp -p ~/g ~/f",
    ],
)
async def test_a_change_that_size_and_date_do_not_tell_survives(
    master: Driver, change: str
) -> None:
    await master.on("master", "echo one > ~/f; touch -d 2001-02-03 ~/f ~/then; ln -s f ~/link")
    await master.on("master", f"{change}; ln -sf g ~/link")
    again = await master.reopened()
    machine = again.lab.fleet.machines["master"]
    assert machine.read("/home/ubuntu/f") == b"two\n"
    assert machine.files.read_link("/home/ubuntu/link") == "g"
    await again.lab.stop()


async def test_many_changes_within_a_moment_survive(master: Driver) -> None:
    for number in range(20):
        await master.on("master", f"printf %02d {number} > ~/f")
        row = master.lab.db.row("SELECT content FROM files WHERE path = '/home/ubuntu/f'")
        assert row == (b"%02d" % number,)


async def test_dates_survive(master: Driver) -> None:
    await master.on(
        "master",
        "mkdir ~/d; echo x > ~/d/'a file'; touch -d '2001-02-03 04:05:06.789' ~/d/'a file'; "
        "touch -d '1970-01-02' ~/d",
    )
    again = await master.reopened()
    fs = again.lab.fleet.machines["master"].files
    assert fs.stat("/home/ubuntu/d/a file")["modified"] == 981173106.789
    assert fs.stat("/home/ubuntu/d")["modified"] == 86400
    await again.lab.stop()


async def test_a_disk_that_is_full_takes_nothing_until_there_is_room(master: Driver) -> None:
    typed = await master.on(
        "master", "dd if=/dev/zero of=big bs=1M status=noxfer; df -h / | tail -1"
    )
    assert typed.err.startswith("dd: error writing 'big': No space left on device\n")
    assert typed.out.split()[3:5] == ["0", "100%"]
    typed = await master.on("master", "echo more > small; echo $?; fallocate -l 1G other; echo $?")
    assert typed.out == "1\n1\n"
    assert "small: No space left on device" in typed.err
    assert "fallocate: fallocate failed: No space left on device" in typed.err
    typed = await master.on(
        "master", "rm big; echo more > small; cat small; dd if=/dev/zero of=z count=1"
    )
    assert typed.out == "more\n"
    assert "1+0 records out" in typed.err


async def test_zeros_that_are_only_counted_survive(master: Driver) -> None:
    await master.on(
        "master",
        "echo head > a; truncate -s 300M a; "
        "dd if=/dev/zero of=b bs=1M count=100 status=none; cp b c",
    )
    again = await master.reopened()
    typed = await again.on(
        "master", "stat -c '%n %s' a b c; head -c 5 a; du -m a b; df -m / | tail -1"
    )
    assert typed.out.splitlines()[:6] == [
        "a 314572800",
        "b 104857600",
        "c 104857600",
        "head",
        "1\ta",
        "100\tb",
    ]
    await again.lab.stop()


async def test_files_beside_programs_are_kept(master: Driver) -> None:
    await master.on("master", "sudo touch /usr/bin/zzz /usr/bin/0; sudo mkdir /usr/bin/zz")
    again = await master.reopened()
    assert (await again("start", "master")).status == 0
    assert (await again.on("master", "ls -d /usr/bin/0 /usr/bin/zz*")).out == (
        "/usr/bin/0\n/usr/bin/zz\n/usr/bin/zzz\n"
    )
    await again.lab.stop()
