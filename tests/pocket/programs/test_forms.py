"""Forms of programs that blogs use, and what is refused in words."""

from __future__ import annotations

import asyncio
import hashlib
import json

import pytest

from owlab.pocket.programs import bc_statements
from tests.waiting import eventually


async def test_lsblk_shows_what_it_is_asked(on):
    assert "FSTYPE" in (await on("master", "lsblk -f")).out
    assert (await on("master", "lsblk -dn -o NAME")).out == "vda\n"
    disk = json.loads((await on("master", "lsblk -J -b -o NAME,SIZE,MOUNTPOINTS")).out)
    (top,) = disk["blockdevices"]
    assert top["size"] == str(5 << 30)
    assert top["children"][0]["mountpoints"] == ["/"]
    wrong = await on("master", "lsblk -o NOPE")
    assert (wrong.err, wrong.status) == ("lsblk: unknown column: NOPE\n", 1)


async def test_openssl_sums_and_random_bytes(on):
    made = hashlib.sha256(b"a").hexdigest()
    typed = await on("master", "printf a > f; openssl dgst -sha256 f; openssl sha256 -r f")
    assert typed.out == f"SHA2-256(f)= {made}\n{made} *f\n"
    assert len((await on("master", "openssl rand -base64 12")).out) == 17
    assert (await on("master", "printf hi | openssl base64 | openssl base64 -d")).out == "hi"
    assert (await on("master", "openssl dgst -nope f")).status == 1
    signed = await on("master", "printf a | openssl dgst -sha256 -hmac k -binary | wc -c")
    assert signed.out == "32\n"


@pytest.mark.parametrize("name", ["loginctl", "ldd", "whereis", "chattr", "update-alternatives"])
async def test_what_is_on_every_ubuntu_says_why_it_is_not_here(on, name):
    typed = await on("master", f"{name} x")
    assert typed.status == 1
    assert typed.err.startswith(f"{name}: ")
    assert "pocket lab" in typed.err


async def test_dpkg_refuses_what_it_does_not_know(on):
    for form in ("-L curl", "-S /usr/bin/curl", "-i x.deb"):
        typed = await on("master", f"dpkg {form}")
        assert (typed.out, typed.status) == ("", 2)
        assert "pocket lab" in typed.err


async def test_names_are_resolved_by_a_file_of_ubuntus(on):
    assert "nameserver 127.0.0.53\n" in (await on("master", "cat /etc/resolv.conf")).out
    assert (await on("master", "cat /etc/mtab")).out.startswith("/dev/vda1 / ext4")


async def test_every_process_has_its_files(on):
    typed = await on("master", "cat /proc/1/comm; tr '\\0' ' ' < /proc/1/cmdline; id -u")
    assert typed.out == "init\n/sbin/init 1000\n"
    status = await on("master", "grep -E '^(Name|Pid|Uid)' /proc/self/status; echo $$")
    name, pid, uid, shell = status.out.splitlines()
    assert (name, uid) == ("Name:\tbash", "Uid:\t1000\t1000\t1000\t1000")
    assert pid == f"Pid:\t{shell}"
    assert (await on("master", "cat /proc/1/environ")).err.endswith("Permission denied\n")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("x=$({ echo a >&3; } 3>&1); echo $x", "a descriptor above 2"),
        ("{ echo a; } 3>&1 1>&2 2>&3", "change places"),
        ("trap 'echo $BASH_COMMAND' DEBUG; true", "BASH_COMMAND in a trap of DEBUG"),
    ],
)
async def test_what_streams_and_traps_cannot_do_is_refused(on, script, words):
    typed = await on("master", script)
    assert typed.status == 2
    assert words in typed.err
    assert typed.out == ""


async def test_too_much_input_is_refused_in_words(on):
    typed = await on("master", "head -c 10M /dev/zero > x; cat < x | tail -c 1; cat x | wc -c")
    assert "give it the file's name" in typed.err
    assert "budget" not in typed.err
    assert typed.status != 0
    assert (await on("master", "head -c 10M /dev/zero > x; cat x | wc -c")).out == "10485760\n"


async def test_bc_comes_to_an_end(on, monkeypatch):
    monkeypatch.setattr(bc_statements, "MOST_STEPS", 2000)
    typed = await on(
        "master", "echo 'while (1) { x++ }' | bc; echo 'define f(x){return f(x)} f(1)' | bc"
    )
    assert "stops after 200000 steps" in typed.err
    assert "functions call each other too deeply" in typed.err


async def test_a_long_calculation_keeps_nobody_waiting_and_can_be_cancelled(on, monkeypatch):
    monkeypatch.setattr(bc_statements, "MOST_STEPS", 10**9)
    at_work: list[bc_statements.BcProgram] = []
    count = bc_statements.BcProgram._count

    def noted(program: bc_statements.BcProgram) -> None:
        at_work.append(program) if not at_work else None
        count(program)

    monkeypatch.setattr(bc_statements.BcProgram, "_count", noted)
    calculating = asyncio.ensure_future(on("master", "echo 'while (1) { x++ }' | bc"))
    await eventually(lambda: at_work)
    assert (await on("worker1", "echo well")).out == "well\n"
    assert not calculating.done()
    calculating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calculating
    await eventually(lambda: at_work[0].stopped)
    steps = at_work[0].steps
    await asyncio.sleep(0.1)
    assert at_work[0].steps <= steps + 1


@pytest.mark.parametrize(
    "text", ["9^9^9", "9^-999999999", "x=9; while (1) x=x*x", "scale=10^7", "9^104800"]
)
async def test_bc_refuses_numbers_that_would_take_hours(on, text):
    typed = await on("master", f"echo '{text}' | bc")
    assert (typed.out, typed.err, typed.status) == (
        "",
        "bc: the pocket lab's bc calculates with 100000 digits at most\n",
        1,
    )
    assert (await on("master", "echo 'length(9^104790)' | bc")).out == "99996\n"


async def test_every_tool_tells_a_version_of_ubuntus(on):
    for name in ("tar", "gzip", "less", "ps", "htop", "lsblk", "column", "tree", "hexdump", "comm"):
        typed = await on("master", f"{name} --version")
        assert (typed.err, typed.status) == ("", 0), name
        assert typed.out.endswith("\n(what runs is the pocket lab's own)\n"), name
        assert typed.out.startswith(name), name
        assert "bashkit" not in typed.out
