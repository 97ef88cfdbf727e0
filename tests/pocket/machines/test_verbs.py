"""What each verb does to machines, and how it refuses."""

from __future__ import annotations

import json

import pytest

from owlab.pocket.machines.machine import Spec
from tests.pocket.machines.conftest import Driver


async def state(mp: Driver, name: str) -> str:
    found = json.loads((await mp("list", "--format", "json")).out)["list"]
    return next((str(m["state"]) for m in found if m["name"] == name), "missing")


async def test_the_guide_creates_four_machines(mp: Driver) -> None:
    for name, disk in (("master", "50G"), ("worker1", "20G"), ("worker2", "20G")):
        words = ("launch", "--name", name, "--cpus", "2", "--memory", "6G", "--disk", disk)
        done = await mp(*words)
        assert (done.status, done.out) == (0, f"Launched: {name}\n")
    listed = (await mp("list")).out.splitlines()
    assert listed[0] == "Name                    State             IPv4             Image"
    assert [line.split()[0] for line in listed[1:]] == ["master", "worker1", "worker2"]
    assert all(line.endswith("Ubuntu 24.04 LTS") for line in listed[1:])
    addresses = {line.split()[2] for line in listed[1:]}
    assert len(addresses) == 3


async def test_a_name_is_found_where_none_is_given(mp: Driver) -> None:
    done = await mp("launch")
    name = done.out.removeprefix("Launched: ").strip()
    assert await state(mp, name) == "Running"


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["-n", "1x"], 2, "Invalid instance name supplied: 1x"),
        (["-n", "host"], 2, "it is the laptop of the pocket lab"),
        (["-n", "x", "-c", "0"], 1, "Error: invalid CPU count '0', need a positive integer value."),
        (["-n", "x", "-c", "two"], 1, "Error: invalid CPU count 'two'"),
        (["-n", "x", "-c", "100000"], 2, "At most 512"),
        (["-n", "x", "-m", "100M"], 2, "Invalid memory size value supplied: 100M."),
        (["-n", "x", "-m", "1CiG"], 1, "1CiG is not a valid memory size"),
        (["-n", "x", "-m", "900000G"], 2, "At most 24576G"),
        (["-n", "x", "-d", "100M"], 2, "Invalid disk size value supplied: 100M."),
        (["-n", "x", "a", "b"], 1, "Too many arguments supplied"),
        (["-n", "x", "a:b:c"], 1, "Invalid remote and source image name supplied"),
        (["-n", "x", "7.04"], 2, 'Unable to find an image matching "7.04" in remote "".'),
        (["-n", "x", "--timeout", "0"], 1, "error: --timeout value has to be a positive integer"),
        (["-n", "x", "--zone", "z"], 2, "Unavailable zone name supplied: z"),
        (["-n", "x", "--mem", "1G"], 1, "Unknown option 'mem'."),
        (["-n", "x", "--cloud-init", "nope.yaml"], 1, "bad file: nope.yaml"),
    ],
)
async def test_launch_refuses(mp: Driver, words: list[str], status: int, text: str) -> None:
    done = await mp("launch", *words)
    assert done.status == status
    assert text in done.err
    assert (await mp("list")).out == "No instances found.\n"


@pytest.mark.parametrize("image", ["24.04", "noble", "n", "lts", "release:24.04", "22.04", "jammy"])
async def test_images(mp: Driver, image: str) -> None:
    assert (await mp("launch", image, "--name", "x")).status == 0
    number = "22.04" if image in ("22.04", "jammy") else "24.04"
    assert f"Ubuntu {number} LTS" in (await mp("list")).out
    assert f'VERSION_ID="{number}"' in (await mp.on("x", "cat /etc/os-release")).out


async def test_a_name_is_taken_also_by_a_deleted_machine(master: Driver) -> None:
    expected = 'launch failed: instance "master" already exists\n'
    assert (await master("launch", "-n", "master")).err == expected
    await master("delete", "master")
    assert (await master("launch", "-n", "master")).err == expected
    assert (await master("delete", "--purge", "master")).status == 0
    assert (await master("launch", "-n", "master")).status == 0


async def test_the_bin(master: Driver) -> None:
    assert (await master("delete", "master")).status == 0
    assert await state(master, "master") == "Deleted"
    assert "Not Available" in (await master("list")).out
    refused = await master("exec", "master", "--", "true")
    assert refused.err == (
        'exec failed: The following errors occurred:\ninstance "master" is deleted\n'
    )
    assert (await master("recover", "master")).status == 0
    assert await state(master, "master") == "Stopped"
    await master("delete", "master")
    assert (await master("purge")).status == 0
    assert await state(master, "master") == "missing"


async def test_delete_and_purge_all(master: Driver) -> None:
    await master("launch", "-n", "other")
    assert (await master("delete", "--purge", "--all")).status == 0
    assert (await master("list")).out == "No instances found.\n"


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["info", "nope"], 2, 'instance "nope" does not exist'),
        (["stop", "nope", "master"], 2, 'instance "nope" does not exist'),
        (["start", "nope"], 2, "start failed: instance(s) missing\nInstance 'nope' does not exist"),
        (["delete"], 1, "Name argument or --all is required"),
        (["delete", "--all", "x"], 1, "Cannot specify name when --all option set"),
        (["list", "--format", "xml"], 1, "Invalid format type given."),
        (["list", "x"], 1, "This command takes no arguments"),
        (["exec", "master"], 1, "Wrong number of arguments"),
        (["exec", "-n", "-d", "/", "master", "ls"], 1, "clash"),
        (["exec", "master", "ls", "-l"], 1, 'should come after "--"'),
        (["networks"], 2, "not implemented on this backend"),
        (["mount", "/x", "master"], 1, 'Source path "/x" does not exist'),
        (["mount", "/tmp", "master"], 2, "The pocket lab does not share folders of this computer"),
        (["get", "local.nope.cpus"], 2, "Unrecognized settings key: 'local.nope.cpus'"),
        (["get", "client.x"], 1, "Unrecognized settings key"),
        (["set", "local.master.cpus=3"], 2, "Instance must be stopped for modification"),
        (["set", "a=b=c"], 1, "Bad key-value format."),
        (["snapshot", "master"], 2, "Multipass can only take snapshots of stopped instances."),
        (["restore", "master.x"], 2, "No such snapshot: master.x"),
        (["clone", "master"], 2, "Multipass can only clone stopped instances."),
        (["find", "nosuch"], 2, 'Unable to find an image matching "nosuch"'),
        (["stop", "--time", "soon", "master"], 1, "Time value must be in minutes"),
    ],
)
async def test_refusals(master: Driver, words: list[str], status: int, text: str) -> None:
    done = await master(*words)
    assert (done.status, text in done.err) == (status, True), done
    assert await state(master, "master") == "Running"


async def test_an_unknown_command_is_told_on_standard_output(mp: Driver) -> None:
    done = await mp("lunch")
    assert done.status == 1
    assert done.out == (
        'Error: Unknown command or alias \'lunch\' (try "multipass help" or "multipass aliases")\n'
    )


async def test_help(mp: Driver) -> None:
    assert (await mp()).status == 2
    overview = await mp("help")
    assert overview.status == 0
    assert "pocket lab" in overview.out
    for words in (("help", "launch"), ("launch", "--help"), ("launch", "-h")):
        assert "--cloud-init <file|url>" in (await mp(*words)).out


async def test_versions_say_pocket(mp: Driver) -> None:
    found = json.loads((await mp("version", "--format", "json")).out)
    assert found["multipass"] == found["multipassd"]
    assert "pocket" in found["multipass"]


async def test_a_stopped_machine_starts_for_exec_and_not_for_transfer(master: Driver) -> None:
    assert (await master("stop", "master")).status == 0
    assert await state(master, "master") == "Stopped"
    refused = await master("transfer", "master:/etc/hosts", "-")
    assert refused.err == 'transfer failed: instance "master" is not running\n'
    assert (await master("restart", "master")).status == 2
    assert (await master.on("master", "hostname")).out == "master\n"
    assert await state(master, "master") == "Running"


async def test_suspend(master: Driver) -> None:
    await master.on("master", "echo kept > ~/file")
    assert (await master("suspend", "master")).status == 0
    assert await state(master, "master") == "Suspended"
    refused = await master("stop", "master")
    assert refused.err == (
        "stop failed: Cannot shut down suspended instance master.\nUse --force to power it off.\n"
    )
    assert (await master("start", "master")).status == 0
    assert (await master.on("master", "cat ~/file")).out == "kept\n"


async def test_a_delayed_shutdown_can_be_cancelled(master: Driver) -> None:
    assert (await master("stop", "--time", "10", "master")).status == 0
    assert await state(master, "master") == "Delayed Shutdown"
    assert (await master.on("master", "echo up")).out == "up\n"
    assert (await master("stop", "--cancel", "master")).status == 0
    assert await state(master, "master") == "Running"


async def test_settings_of_a_machine(master: Driver) -> None:
    assert (await master("get", "local.master.cpus")).out == "1\n"
    assert (await master("get", "local.master.memory")).out == "1.0GiB\n"
    await master("stop", "master")
    assert (await master("set", "local.master.cpus=4")).status == 0
    assert (await master("set", "local.master.disk=9G")).status == 0
    assert "Disk can only be expanded" in (await master("set", "local.master.disk=1G")).err
    for little in ("1M", "511M"):
        refused = await master("set", f"local.master.memory={little}")
        assert "Memory less than 512M" in refused.err
    assert (await master("set", "local.master.memory=512M")).status == 0
    again = await master.reopened()
    assert (await again("get", "local.master.cpus")).out == "4\n"
    assert "local.master.disk" in (await again("get", "--keys")).out
    await again.lab.stop()


async def test_snapshots_and_clones(master: Driver) -> None:
    await master.on("master", "echo one > ~/file")
    await master("stop", "master")
    assert (await master("snapshot", "master")).out == "Snapshot taken: master.snapshot1\n"
    await master.on("master", "echo two > ~/file; echo new > ~/other")
    await master("stop", "master")
    assert "--destructive" in (await master("restore", "master.snapshot1")).err
    restored = await master("restore", "--destructive", "master.snapshot1")
    assert restored.out == "Snapshot restored: master.snapshot1\n"
    assert (await master("clone", "master")).out == "Cloned from master to master-clone1.\n"
    assert (await master.on("master", "cat ~/file; ls ~/other")).out == "one\n"
    assert (await master.on("master-clone1", "cat ~/file; cat /etc/hostname")).out == (
        "one\nmaster-clone1\n"
    )
    assert "snapshot1" in (await master("list", "--snapshots")).out


async def test_the_next_snapshot_comes_after_the_one_that_was_restored(master: Driver) -> None:
    await master("stop", "master")
    for name in ("one", "two"):
        await master("snapshot", "master", "-n", name)
    await master("restore", "--destructive", "master.one")
    again = await master.reopened()
    assert (await again("snapshot", "master", "-n", "three")).status == 0
    told = json.loads((await again("list", "--snapshots", "--format", "json")).out)
    parents = {name: about["parent"] for name, about in told["info"]["master"].items()}
    assert parents == {"one": "", "two": "one", "three": "one"}


async def test_info_tells_more_of_a_machine_that_runs(master: Driver) -> None:
    running = json.loads((await master("info", "master", "--format", "json")).out)["info"]["master"]
    assert running["cpu_count"] == "1"
    assert len(running["load"]) == 3
    assert 0 < running["memory"]["used"] < running["memory"]["total"] < 1 << 30
    shown = (await master("info", "master")).out
    assert f"IPv4:           {running['ipv4'][0]}\n" in shown
    await master("stop", "master")
    stopped = json.loads((await master("info", "--format", "json")).out)["info"]["master"]
    assert (stopped["ipv4"], stopped["load"], stopped["memory"]) == ([], [], {})


async def test_cloud_init(mp: Driver) -> None:
    document = b"""
packages: [tree]
write_files:
  - path: /etc/motd
    content: hello
    permissions: "0600"
runcmd:
  - echo ran > /root/ran
  - [touch, "/root/a b"]
"""
    assert (await mp("launch", "-n", "x", "--cloud-init", "-", stdin=document)).status == 0
    seen = await mp.on("x", "sudo cat /etc/motd; sudo cat /root/ran; sudo ls '/root/a b'")
    assert (seen.out, seen.err) == ("helloran\n/root/a b\n", "")
    scalar = await mp("launch", "-n", "y", "--cloud-init", "-", stdin=b"#!/bin/sh\n")
    assert scalar.status == 0 or "operator[] call on a scalar" in scalar.err


async def test_info_of_a_snapshot(mp) -> None:
    await mp("launch", "--name", "vm", "-c", "2")
    await mp("stop", "vm")
    await mp("snapshot", "vm", "-n", "one", "-m", "first")
    await mp("snapshot", "vm", "-n", "two")
    shown = await mp("info", "vm.one")
    assert shown.status == 0
    assert "Snapshot:       one\nInstance:       vm\n" in shown.out
    assert "Children:       two\nComment:        first\n" in shown.out
    kept = json.loads((await mp("info", "vm.two", "--format", "json")).out)["info"]["vm"]
    assert kept["snapshots"]["two"]["parent"] == "one"
    assert "No such snapshot: vm.nosuch" in (await mp("info", "vm.nosuch")).err
    both = json.loads((await mp("info", "vm", "vm.one", "--format", "json")).out)["info"]["vm"]
    assert (both["state"], list(both["snapshots"])) == ("Stopped", ["one"])
    mixed = await mp("info", "vm", "vm.one", "--format", "csv")
    assert (mixed.status, "Mixed snapshot and instance" in mixed.err) == (1, True)


async def test_info_of_all_snapshots_of_a_machine(mp) -> None:
    await mp("launch", "-n", "vm")
    await mp("launch", "-n", "other")
    await mp("stop", "vm")
    assert (await mp("info", "--snapshots")).out == "No snapshots found.\n"
    await mp("snapshot", "vm", "-n", "one")
    await mp("snapshot", "vm", "-n", "two")
    seen = json.loads((await mp("info", "vm", "--snapshots", "--format", "json")).out)["info"]
    assert list(seen["vm"]) == ["snapshots"]
    assert list(seen["vm"]["snapshots"]) == ["one", "two"]
    told = (await mp("info", "--snapshots")).out
    assert told.count("Snapshot:") == 2
    assert "other" not in told
    await mp("delete", "vm")
    seen = json.loads((await mp("info", "vm", "--snapshots", "--format", "json")).out)["info"]
    assert list(seen["vm"]["snapshots"]) == ["one", "two"]


async def test_a_removed_snapshot_leaves_its_place_to_the_one_before(mp) -> None:
    await mp("launch", "-n", "vm")
    await mp("stop", "vm")
    for name in ("one", "two", "three"):
        await mp("snapshot", "vm", "-n", name)
    await mp("delete", "--purge", "vm.two")
    await mp("delete", "--purge", "vm.three")
    await mp("snapshot", "vm", "-n", "three")
    listed = json.loads((await mp("list", "--snapshots", "--format", "json")).out)["info"]["vm"]
    assert {name: kept["parent"] for name, kept in listed.items()} == {"one": "", "three": "one"}


def test_what_an_older_lab_wrote_of_a_machine_is_read() -> None:
    kept = {"cpus": 2, "memory": 1 << 31, "disk": 6 << 30, "release": "22.04 LTS", "image": "22.04"}
    assert Spec.from_json(kept) == Spec(2, 1 << 31, 6 << 30, "22.04")
    assert Spec.from_json({"cpus": 3}) == Spec(cpus=3)
