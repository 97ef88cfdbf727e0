"""exportfs, showmount, mount: the server's side, the client's, and files between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.machines.nfs_exports import Export, admits, matching, parse

LINE = "/var/nfs/kubedata *(rw,sync,no_subtree_check,no_root_squash,no_all_squash)"
SERVER = f"""
sudo apt-get install -y nfs-kernel-server > /dev/null
sudo mkdir -p /var/nfs/kubedata
echo '{LINE}' | sudo tee -a /etc/exports > /dev/null
"""


@pytest.fixture
async def server(on):
    await on("storage", SERVER)


async def test_the_guides_export(on, server):
    typed = await on("storage", "sudo exportfs -rav")
    assert (str(typed), typed.status) == ("exporting *:/var/nfs/kubedata\n", 0)
    shown = await on("storage", "sudo exportfs -v")
    assert shown.out.startswith("/var/nfs/kubedata\n\t\t<world>(")
    assert "no_root_squash" in shown.out
    assert (await on("storage", "showmount -e")).out.endswith("/var/nfs/kubedata (everyone)\n")


async def test_editing_the_file_alone_exports_nothing(on, server):
    assert (await on("storage", "sudo exportfs -v")).out == ""
    await on("storage", "sudo systemctl restart nfs-server")
    assert "<world>" in (await on("storage", "sudo exportfs")).out


@pytest.mark.parametrize("words", ["-v '*:/var/nfs/kubedata'", "-rav", "-s '*:/srv'", "-ua"])
async def test_only_root_changes_what_is_exported(on, server, words):
    await on("storage", "sudo exportfs '*:/home'")
    typed = await on("storage", f"exportfs {words}")
    assert (typed.status, typed.out) == (1, "")
    assert "errno 13 (Permission denied)" in typed.err
    assert (await on("storage", "exportfs -v -s")).out.startswith("/home\t<world>(")


async def test_a_directory_that_is_not_there(on, server):
    await on("storage", "sudo rmdir /var/nfs/kubedata")
    typed = await on("storage", "sudo exportfs -ra")
    assert typed.status == 1
    assert "exportfs: Failed to stat /var/nfs/kubedata: No such file or directory" in typed.err


async def test_an_option_that_is_misspelt(on, server):
    await on("storage", "echo '/var/nfs *(rw,no_rot_squash)' | sudo tee /etc/exports")
    typed = await on("storage", "sudo exportfs -rav")
    assert typed.status == 1
    assert typed.err == 'exportfs: /etc/exports:1: unknown keyword "no_rot_squash"\n'


def test_what_is_wrong_on_one_line_leaves_the_others():
    told = parse(
        "data *(rw)\n/a *(rw,no_subtree_check)\n/b *(wrong)\n/c x((\n"
        "/d 10.0.0.0/8(ro,no_subtree_check)\n"
    )
    assert [(one.path, one.client) for one in told.exports] == [("/a", "*"), ("/d", "10.0.0.0/8")]
    assert told.errors == (
        'exportfs: /etc/exports:1: unknown keyword "data"',
        'exportfs: /etc/exports:3: unknown keyword "wrong"',
        "exportfs: /etc/exports:4: syntax error: bad option list",
    )


async def test_an_empty_file(on, server):
    await on("storage", ": | sudo tee /etc/exports")
    assert (await on("storage", "sudo exportfs -ra")).err == "exportfs: No file systems exported!\n"


async def test_a_client_without_the_helper(on, server):
    await on("storage", "sudo exportfs -ra")
    typed = await on("worker1", "sudo mount -t nfs storage:/var/nfs/kubedata /mnt")
    assert typed.status == 32
    assert typed.err == (
        "mount: /mnt: bad option; for several filesystems (e.g. nfs, cifs) you might need a "
        "/sbin/mount.<type> helper program.\n"
    )


async def test_files_are_shared_within_one_script_and_both_ways(on, server, lab):
    await on(
        "storage",
        "sudo exportfs -ra; sudo chmod 777 /var/nfs/kubedata; "
        "echo from the server > /var/nfs/kubedata/a",
    )
    address = lab.fleet.machines["storage"].address
    await on("worker1", "sudo apt-get install -y nfs-common; sudo touch /mnt/before")
    typed = await on(
        "worker1",
        f"sudo mount -t nfs {address}:/var/nfs/kubedata /mnt && cat /mnt/a && echo hi > /mnt/b",
    )
    assert (typed.out, typed.status) == ("from the server\n", 0)
    assert (await on("storage", "cat /var/nfs/kubedata/b")).out == "hi\n"
    assert f"{address}:/var/nfs/kubedata on /mnt type nfs4" in (await on("worker1", "mount")).out
    await on("worker1", "sudo umount /mnt")
    assert (await on("worker1", "ls /mnt")).out == "before\n"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("sudo systemctl stop nfs-server", "mount.nfs: Connection refused"),
        ("sudo exportfs -ua", "mount.nfs: access denied by server while mounting"),
        (
            "echo '/var/nfs/kubedata 10.0.0.9(rw)' | sudo tee /etc/exports && sudo exportfs -ra",
            "mount.nfs: access denied by server while mounting",
        ),
    ],
)
async def test_why_a_mount_fails(on, server, spoil, reason):
    await on("worker1", "sudo apt-get install -y nfs-common")
    await on("storage", f"sudo exportfs -ra; {spoil}")
    typed = await on("worker1", "sudo mount -t nfs storage:/var/nfs/kubedata /mnt")
    assert typed.status == 32
    assert reason in typed.err


async def test_mount_points_and_rights(on, server):
    await on("storage", "sudo exportfs -ra")
    await on("worker1", "sudo apt-get install -y nfs-common")
    source = "storage:/var/nfs/kubedata"
    assert "must be superuser" in (await on("worker1", f"mount -t nfs {source} /mnt")).err
    missing = await on("worker1", f"sudo mount -t nfs {source} /mnt/x")
    assert missing.err == "mount.nfs: mount point /mnt/x does not exist\n"
    assert "not mounted" in (await on("worker1", "sudo umount /mnt")).err


OPTIONS = st.lists(
    st.sampled_from(["rw", "ro", "sync", "no_root_squash", "no_subtree_check", "anonuid=65534"]),
    unique=True,
)
PATHS = st.from_regex(r"/[a-z]{1,6}(/[a-z]{1,6}){0,2}", fullmatch=True)
CLIENTS = st.one_of(
    st.just("*"), st.ip_addresses(v=4).map(str), st.sampled_from(["10.0.0.0/8", "worker*"])
)
EXPORTS = st.builds(lambda p, c, o: Export(p, c, tuple(o)), PATHS, CLIENTS, OPTIONS)


@given(st.lists(EXPORTS, max_size=5), st.booleans())
def test_what_is_written_is_read_back(exports, comments):
    text = "".join(
        ("# a comment\n" if comments else "") + f"{e.path}\t{e.client}({','.join(e.options)})\n"
        for e in exports
    )
    table = parse(text)
    assert table.errors == ()
    assert list(table.exports) == exports


@given(st.text(alphabet='/ab *().,=#\\\n\t"-0', max_size=80))
def test_any_text_is_read(text):
    for export in parse(text).exports:
        assert export.path.startswith("/")
        assert export.client
        assert Export.from_json(export.as_json()) == export


@given(st.ip_addresses(v=4))
def test_who_is_meant(address):
    assert admits("*", str(address), "worker1")
    assert admits(str(address), str(address), "worker1")
    assert admits(f"{address}/24", str(address), "worker1")
    assert admits("worker?", str(address), "worker1")
    assert not admits("master", str(address), "worker1")


def test_the_most_specific_entry_counts():
    table = [Export("/a", "*", ("ro",)), Export("/a", "10.0.0.1", ("rw",)), Export("/a/b", "*")]
    found = matching(table, "/a", "10.0.0.1", "x")
    assert found is not None
    assert found.writable()
    inner = matching(table, "/a/b/c", "10.0.0.1", "x")
    assert inner is not None
    assert inner.path == "/a/b"
    assert matching(table, "/ab", "10.0.0.1", "x") is None
