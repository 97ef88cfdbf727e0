"""Files between the laptop and machines."""

from __future__ import annotations

import re

import pytest

from tests.pocket.machines.conftest import Driver


async def test_there_and_back(master: Driver) -> None:
    (master.cwd / "a b.bin").write_bytes(b"\x00\xffdata")
    assert (await master("transfer", "a b.bin", "master:")).status == 0
    assert (await master("transfer", "master:a b.bin", "back")).status == 0
    assert (master.cwd / "back").read_bytes() == b"\x00\xffdata"


async def test_streams(master: Driver) -> None:
    assert (await master("transfer", "-", "master:/tmp/x", stdin=b"piped\n")).status == 0
    assert (await master("transfer", "master:/tmp/x", "-")).out == "piped\n"
    assert (await master.on("master", "stat -c %a /tmp/x")).out == "664\n"


async def test_directories(master: Driver) -> None:
    (master.cwd / "dir" / "sub").mkdir(parents=True)
    (master.cwd / "dir" / "sub" / "f").write_text("deep")
    (master.cwd / "dir" / "link").symlink_to("sub/f")
    refused = await master("transfer", "dir", "master:")
    assert refused.status == 2
    assert "recursive mode not specified" in refused.err
    assert (await master("transfer", "-r", "dir", "master:")).status == 0
    assert (await master.on("master", "cat dir/sub/f dir/link")).out == "deepdeep"
    assert (await master("transfer", "-r", "-p", "master:dir", "new/and/far/place")).status == 0
    assert (master.cwd / "new/and/far/place/sub/f").read_text() == "deep"


async def test_several_files_and_parents(master: Driver) -> None:
    for name in ("a", "b"):
        (master.cwd / name).write_text(name)
    assert (await master("transfer", "a", "b", "master:nowhere")).status == 2
    assert (await master("transfer", "-p", "a", "b", "master:made/here")).status == 0
    assert (await master.on("master", "cat made/here/a made/here/b")).out == "ab"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["a"], "Not enough arguments given"),
        (["-", "-"], "Only one '-' allowed"),
        (["-", "a", "master:"], "Only two arguments allowed when using '-'"),
        (["a", "b"], "An instance name is needed for either source or destination"),
        (["master:a", "master:b"], "Cannot specify an instance name for both"),
        (["a", "master:b", "c"], "All sources must be from inside an instance"),
        (["a", "-"], "Source must be from inside an instance"),
        (["-", "a"], "Target must be inside an instance"),
    ],
)
async def test_what_cannot_be_meant(master: Driver, words: list[str], text: str) -> None:
    done = await master("transfer", *words)
    assert (done.status, text in done.err) == (1, True), done


async def test_files_that_are_not_there_or_not_allowed(master: Driver) -> None:
    missing = await master("transfer", "nope", "master:")
    assert missing.status == 2
    assert "No such file or directory" in missing.err
    (master.cwd / "f").write_text("f")
    denied = await master("transfer", "f", "master:/etc/f")
    assert denied.status == 2
    assert "Permission denied" in denied.err
    await master.on("master", "sudo bash -c 'echo s > /root/s'")
    assert "Permission denied" in (await master("transfer", "master:/root/s", "-")).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["master:/root/s", "x"], 'cannot open remote file "/root/s": Permission denied'),
        (["master:/root/s", "-"], 'cannot open remote file "/root/s": Permission denied'),
        (["-r", "master:closed", "x"], 'cannot open remote file "closed/s": Permission denied'),
        (["master:nope", "x"], 'cannot open remote file "nope": No such file or directory'),
        (["nope", "master:"], 'cannot open local file "nope": No such file or directory'),
        (["f", "master:/etc/f"], 'cannot open remote file "/etc/f": Permission denied'),
        (["-", "master:/etc/f"], 'cannot open remote file "/etc/f": Permission denied'),
        (["f", "master:no/f"], "remote target does not exist"),
        (["master:f", "no/f"], "local target does not exist"),
        (["f", "f", "master:no"], "remote target does not exist"),
        (["master:f", "master:f", "no"], "local target does not exist"),
        (["f", "f", "master:f"], "target is not a directory"),
        (["master:closed", "x"], 'omitting remote directory "closed": recursive mode not '),
        (["closed", "master:"], 'omitting local directory "closed": recursive mode not '),
    ],
)
async def test_what_of_a_transfer_does_not_work(
    master: Driver, words: list[str], said: str
) -> None:
    (master.cwd / "f").write_text("f")
    (master.cwd / "closed").mkdir()
    await master.on(
        "master",
        "echo f > f; mkdir closed; sudo bash -c 'echo s | tee /root/s > closed/s'; "
        "sudo chmod 600 closed/s",
    )
    done = await master("transfer", *words)
    home = "/home/ubuntu/" if "remote file" in said or "remote dir" in said else f"{master.cwd}/"
    wanted = re.sub(r' "(?!/)', f' "{home}', said)
    assert done.status == 2
    assert f"[error] [sftp] {wanted}" in done.err
    assert done.err.count("[error]") == 1
    assert not (master.cwd / "x").is_file()
