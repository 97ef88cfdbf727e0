"""`mount`, `umount`, `findmnt`: what is asked for is done, shown, or refused."""

from __future__ import annotations

import json

import pytest

from owlab.pocket.machines.nfs_mount_options import options_of
from tests.pocket.programs.test_nfs import LINE, SERVER

SOURCE = "storage:/var/nfs/kubedata"


@pytest.fixture
async def shared(on):
    """A server that exports, and a client that has the helper."""
    await on("storage", f"{SERVER}\nsudo exportfs -ra")
    await on("worker1", "sudo apt-get install -y nfs-common")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("", "rw,vers=4.2,hard,proto=tcp,addr=A"),
        ("defaults,_netdev,noauto,nofail", "rw,vers=4.2,hard,proto=tcp,addr=A"),
        ("ro", "ro,vers=4.2,hard,proto=tcp,addr=A"),
        ("ro,rw", "rw,vers=4.2,hard,proto=tcp,addr=A"),
        ("soft,timeo=30,retrans=2", "rw,vers=4.2,proto=tcp,soft,timeo=30,retrans=2,addr=A"),
        ("timeo=30,timeo=50", "rw,vers=4.2,hard,proto=tcp,timeo=50,addr=A"),
        ("nfsvers=3,proto=udp", "rw,vers=3,hard,proto=udp,addr=A"),
        ("v4.1,noatime", "rw,vers=4.1,hard,proto=tcp,noatime,addr=A"),
        ("vers=4", "rw,vers=4.2,hard,proto=tcp,addr=A"),
        ("x-systemd.automount,comment=mine", "rw,vers=4.2,hard,proto=tcp,addr=A"),
    ],
)
def test_options_of_nfs(given: str, shown: str) -> None:
    assert options_of(given).table("A") == shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sotf", "an incorrect mount option was specified"),
        ("timeo=soon", "an incorrect mount option was specified"),
        ("proto=carrier-pigeon", "an incorrect mount option was specified"),
        ("hard=1", "an incorrect mount option was specified"),
        ("vers=2", "Protocol not supported"),
        ("vers=5", "parsing error on 'vers=' option"),
    ],
)
async def test_wrong_options_are_refused(on, shared, given, said):
    typed = await on("worker1", f"sudo mount -t nfs -o {given} {SOURCE} /mnt")
    assert typed.status == 32
    assert said in typed.err
    assert (await on("worker1", "mount -t nfs,nfs4")).out == ""


async def test_options_count_and_are_shown(on, shared):
    made = await on(
        "worker1", f"sudo mount -v -t nfs -o soft,timeo=30 {SOURCE} /mnt && mount -t nfs4"
    )
    first, line = made.out.splitlines()
    assert first == f"mount.nfs: mount(2) of {SOURCE} on /mnt: vers=4.2"
    assert line.startswith(f"{SOURCE} on /mnt type nfs4 (rw,vers=4.2,proto=tcp,soft,timeo=30,addr=")
    await on("worker1", "sudo mount -o remount,ro /mnt")
    assert "Read-only file system" in (await on("worker1", "sudo touch /mnt/f")).err
    await on("worker1", "sudo mount -o remount,rw /mnt && sudo touch /mnt/f")
    assert (await on("storage", "ls /var/nfs/kubedata")).out == "f\n"
    refused = await on("worker1", "sudo mount -o remount,vers=9 /mnt")
    assert refused.status == 32
    assert SOURCE in (await on("worker1", "mount -t nfs4")).out, "it stays mounted"
    gone = await on("worker1", "sudo umount -v /mnt")
    assert gone.out == f"umount: /mnt ({SOURCE}) unmounted\n"


async def test_read_only_by_the_flag_and_only_pretended(on, shared):
    assert (await on("worker1", f"sudo mount -f -t nfs {SOURCE} /mnt && mount -t nfs4")).out == ""
    await on("worker1", f"sudo mount -r -t nfs -o vers=3 {SOURCE} /mnt")
    assert (await on("worker1", "mount -t nfs")).out.startswith(f"{SOURCE} on /mnt type nfs (ro,")
    assert "Read-only file system" in (await on("worker1", "sudo touch /mnt/f")).err
    assert (await on("worker1", "sudo umount -a -t nfs4; mount -t nfs")).out, "another type"
    assert (await on("worker1", "sudo umount -a -t nfs; mount -t nfs")).out == ""
    await on("worker1", f"sudo mount --read-only -t nfs {SOURCE} /mnt")
    assert "Read-only file system" in (await on("worker1", "sudo touch /mnt/f")).err
    assert "\t/mnt\n" in (await on("worker1", "sudo du -d1 /")).out
    assert "/mnt" not in (await on("worker1", "sudo du -xd1 /")).out
    assert (await on("worker1", "showmount --no-headers -e storage")).out.startswith("/var/nfs/")
    for option in ("-a", "--directories"):
        typed = await on("worker1", f"showmount {option} storage")
        assert typed.err == f"showmount: {option} is not part of the pocket lab's showmount\n"


async def test_what_the_server_exports_read_only(on, shared):
    line = LINE.replace("rw", "ro")
    await on("storage", f"echo '{line}' | sudo tee /etc/exports && sudo exportfs -ra")
    await on("worker1", f"sudo mount -t nfs {SOURCE} /mnt")
    assert (await on("worker1", "mount -t nfs4")).out.partition("(")[2].startswith("rw,")
    assert "Read-only file system" in (await on("worker1", "sudo touch /mnt/f")).err


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("-t tmpfs tmpfs /mnt", "mount: /mnt: the pocket lab mounts exported directories (NFS)"),
        ("--bind /srv /mnt", "mount: /mnt: the pocket lab mounts exported directories (NFS)"),
        ("-t ntfs3 none /mnt", "mount: /mnt: unknown filesystem type 'ntfs3'."),
        ("/dev/sdb1 /mnt", "mount: /mnt: special device /dev/sdb1 does not exist."),
        ("-o remount,ro /", "mount: /: the pocket lab's own disk stays as it is"),
        ("-o remount,ro /srv", "mount: /srv: mount point not mounted or bad option."),
        ("/nowhere", "mount: /nowhere: can't find in /etc/fstab."),
        ("-q x /mnt", "mount: invalid option -- 'q'"),
        (f"{SOURCE} /mnt more", "mount: bad usage"),
    ],
)
async def test_what_cannot_be_mounted_says_so(on, shared, typed, said):
    made = await on("worker1", f"sudo mount {typed}")
    assert made.status in (1, 32)
    assert made.err.startswith(said)
    assert made.out == ""


async def test_fstab_adds_its_options(on, shared):
    row = f"{SOURCE} /mnt nfs ro,noauto,soft 0 0"
    await on("worker1", f"echo '{row}' | sudo tee -a /etc/fstab; sudo mount -a")
    assert (await on("worker1", "mount -t nfs4")).out == "", "noauto"
    await on("worker1", "sudo mount /mnt")
    assert " (ro,vers=4.2,proto=tcp,soft,addr=" in (await on("worker1", "mount -t nfs4")).out


async def test_findmnt(on, shared):
    await on("worker1", f"sudo mount -t nfs {SOURCE} /mnt")
    head, root, leaf = (await on("worker1", "findmnt")).out.splitlines()
    assert head.split() == ["TARGET", "SOURCE", "FSTYPE", "OPTIONS"]
    assert root.split()[:3] == ["/", "/dev/vda1", "ext4"]
    assert leaf.split()[:3] == ["└─/mnt", SOURCE, "nfs4"]
    for typed, shown in (
        ("-n -o source /mnt", f"{SOURCE}\n"),
        (f"-n -o TARGET,FSTYPE -S {SOURCE}", "/mnt nfs4\n"),
        ("-no target -T /mnt/below/it", "/mnt\n"),
        ("-no target -T /mnther", "/\n"),
        ("-rno target", "/\n/mnt\n"),
        ("-lno target -t ext4", "/\n"),
        ("-no target -M /mnt", "/mnt\n"),
        ("-lfno target", "/\n"),
    ):
        assert (await on("worker1", f"findmnt {typed}")).out == shown, typed
    found = json.loads((await on("worker1", "findmnt -J -o target,fstype")).out)
    below = [{"target": "/mnt", "fstype": "nfs4"}]
    assert found == {"filesystems": [{"target": "/", "fstype": "ext4", "children": below}]}


async def test_findmnt_finds_nothing(on):
    nothing = await on("worker1", "findmnt -t nfs4")
    assert (nothing.status, nothing.out, nothing.err) == (1, "", "")
    assert (await on("worker1", "findmnt -o colour")).err == "findmnt: unknown column: COLOUR\n"
    assert "invalid option -- 'q'" in (await on("worker1", "findmnt -q")).err


async def test_directories_move_from_one_file_system_to_another(on, shared):
    await on("storage", "sudo chmod 777 /var/nfs/kubedata")
    await on("worker1", f"sudo mkdir -p /mnt/k; sudo mount {SOURCE} /mnt/k")
    await on("worker1", "mkdir -p d/e; echo deep > d/e/f; chmod 640 d/e/f; ln -s f d/e/l")
    typed = await on("worker1", "mv d /mnt/k; ls d; cd /mnt/k; find d; cat d/e/l; readlink d/e/l")
    assert typed.err == "ls: cannot access 'd': No such file or directory\n"
    assert typed.out == "d\nd/e\nd/e/f\nd/e/l\ndeep\nf\n"
    there = await on(
        "storage", "stat -c '%a %n' /var/nfs/kubedata/d/e/f; cat /var/nfs/kubedata/d/e/f"
    )
    assert there.out == "640 /var/nfs/kubedata/d/e/f\ndeep\n"
    back = await on("worker1", "mv /mnt/k/d back; find back; ls /mnt/k; echo x > h; ln h /mnt/k/h")
    assert back.out == "back\nback/e\nback/e/f\nback/e/l\n"
    assert (
        back.err == "ln: failed to create hard link '/mnt/k/h' => 'h': Invalid cross-device link\n"
    )
