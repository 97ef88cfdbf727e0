"""Multipass' mounts of the laptop, aliases, and settings that are kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from owlab.pocket.machines.machine import Spec
from owlab.pocket.service.lab import PocketLab
from tests.pocket.programs.conftest import Typed


class Desk:
    """A lab, and a terminal on its laptop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.lab = PocketLab(folder)

    async def type(self, script: str, machine: str = "host") -> Typed:
        out, err = bytearray(), bytearray()

        async def write_out(data: bytes) -> None:
            out.extend(data)

        async def write_err(data: bytes) -> None:
            err.extend(data)

        shell = self.lab.shell(self.lab.fleet.machines[machine], "ubuntu")
        status = await shell.run(script, write_out, write_err, stdin=b"")
        return Typed(out.decode(), err.decode(), status)

    async def again(self) -> None:
        """The service ends and comes back."""
        await self.lab.stop()
        self.lab = PocketLab(self._folder)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path)
    made.lab.fleet.reserve("foo")
    await made.lab.fleet.launch("foo", Spec())
    yield made
    await made.lab.stop()


async def test_a_folder_is_the_same_at_both_sides(desk: Desk) -> None:
    await desk.type("mkdir -p work && echo from laptop > work/a")
    assert (await desk.type("multipass mount work foo")).status == 0
    assert (await desk.type("cat work/a; echo from machine > work/b", "foo")).out == "from laptop\n"
    assert (await desk.type("cat work/b; stat -c %U work/b")).out == "from machine\nubuntu\n"
    told = json.loads((await desk.type("multipass info foo --format json")).out)
    (target,) = told["info"]["foo"]["mounts"]
    assert target == "/home/ubuntu/work"
    assert told["info"]["foo"]["mounts"][target]["source_path"].endswith("/work")


async def test_the_primary_machine_has_the_laptops_home_and_comes_first(desk: Desk) -> None:
    await desk.type("echo mine > note; multipass set client.primary-name=zoe")
    said = "Launched: zoe\nMounted '/home/ubuntu' into 'zoe:Home'\n"
    assert (await desk.type("multipass start")).out == said
    assert (await desk.type("cat Home/note", "zoe")).out == "mine\n"
    told = (await desk.type("multipass list; multipass info --format csv")).out
    names = [line.replace(",", " ").split()[0] for line in told.splitlines()]
    assert names == ["Name", "zoe", "foo"] * 2


async def test_a_mount_stays_until_it_is_taken_back(desk: Desk) -> None:
    await desk.type("mkdir -p work && echo x > work/a && multipass mount work foo:/srv/in")
    await desk.again()
    assert (await desk.type("cat /srv/in/a", "foo")).out == "x\n"
    assert (await desk.type("findmnt -no fstype /srv/in", "foo")).out == "fuse.sshfs\n"
    await desk.type("multipass restart foo")
    assert (await desk.type("cat /srv/in/a", "foo")).out == "x\n"
    assert (await desk.type("multipass umount foo:/srv/in")).status == 0
    assert (await desk.type("ls /srv/in; stat -c %U /srv/in", "foo")).out == "ubuntu\n"
    assert (await desk.type("cat work/a")).out == "x\n"


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        ("mount nosuch foo", 'Source path "nosuch" does not exist', 1),
        ("mount .bashrc foo", 'Source path ".bashrc" is not a directory', 1),
        ("mount . bar", "instance 'bar' does not exist", 2),
        ("mount --type odd . foo:x", "Bad mount type 'odd' specified", 1),
        ("mount --type native . foo:x", "The pocket lab has no native mounts.", 2),
        ("mount . foo:/etc", 'unable to mount to "/etc"', 2),
        ("umount foo:/nowhere", "path \"/nowhere\" is not mounted in 'foo'", 2),
        ("alias foo", "No command given", 1),
        ("alias bar:ls", "Instance 'bar' does not exist", 1),
        ("unalias nosuch", "Nonexistent alias: nosuch.", 1),
        ("nosuch", "Unknown command or alias 'nosuch'", 1),
        ("get local.foo.bridged", "You have to `multipass set local.bridged-network=<name>`", 2),
    ],
)
async def test_what_is_refused(desk: Desk, words: str, said: str, status: int) -> None:
    await desk.type("touch .bashrc")
    typed = await desk.type(f"multipass {words}")
    assert (said in str(typed), typed.status) == (True, status), str(typed)


async def test_aliases(desk: Desk) -> None:
    await desk.type("multipass alias foo:hostname; multipass alias foo:cat show")
    assert (await desk.type("multipass hostname")).out == "foo\n"
    assert (await desk.type("multipass show /etc/hostname")).out == "foo\n"
    assert (await desk.type("multipass aliases")).out == (
        "Alias      Instance   Command    Context    Working directory\n"
        "hostname   foo        hostname   default*   map\n"
        "show       foo        cat        default*   map\n"
    )
    again = await desk.type("multipass alias foo:ls show")
    assert str(again) == "Alias 'show' already exists in current context\n"
    await desk.type("multipass prefer other; multipass alias foo:pwd")
    assert (await desk.type("multipass default.hostname")).out == "foo\n"
    assert (await desk.type("multipass hostname")).status == 1
    told = json.loads((await desk.type("multipass aliases --format json")).out)
    assert told["active-context"] == "other" and set(told["contexts"]) == {"default", "other"}
    await desk.type("multipass prefer default; multipass unalias show")
    await desk.type("multipass delete --purge foo")
    assert (await desk.type("multipass aliases")).out == "No aliases defined.\n"


async def test_settings_that_are_kept(desk: Desk) -> None:
    await desk.type("multipass stop foo; multipass snapshot foo -n s1 -m before")
    keys = (await desk.type("multipass get --keys")).out.split()
    assert {"client.primary-name", "local.foo.s1.comment", "local.foo.s1.name"} <= set(keys)
    await desk.type("multipass set local.foo.s1.comment=later; multipass set local.foo.s1.name=s2")
    assert (await desk.type("multipass get local.foo.s2.comment")).out == "later\n"
    await desk.type("multipass set client.primary-name=foo")
    await desk.again()
    assert (await desk.type("multipass get client.primary-name")).out == "foo\n"


async def test_a_folder_from_the_start(desk: Desk) -> None:
    await desk.type("mkdir -p work && echo x > work/a")
    typed = await desk.type("multipass launch -n new --mount work:/srv/in")
    assert typed.out.endswith("/work' into 'new:/srv/in'\n")
    assert (await desk.type("cat /srv/in/a", "new")).out == "x\n"
