"""Lines of the account files: what is added, changed and taken away, and what stays."""

from __future__ import annotations

import re

import pytest

from owlab.pocket.machines.account_files import AccountFiles
from owlab.pocket.machines.accounts import GROUP, PASSWD, SHADOW, Accounts
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.tree import Tree


@pytest.fixture
def account_files() -> AccountFiles:
    files = Files(Tree())
    files.mkdir("/etc")
    files.write_file(PASSWD, b"root:x:0:0::/root:/bin/bash\n")
    files.write_file(GROUP, b"root:x:0:\nsudo:x:27:\nsudoers:x:28:ann\n")
    files.write_file(SHADOW, b"root:*:19999:0:99999:7:::\n")
    return AccountFiles(files)


def text(account_files: AccountFiles, path: str) -> str:
    return account_files.files.read_file(path).decode()


def test_a_user_gets_the_next_numbers_and_a_group(account_files) -> None:
    ann = account_files.add_user("ann", home="/home/ann", shell="/bin/sh", about="Ann")
    bob = account_files.add_user("bob", gid=27, home="/home/bob", shell="/bin/sh")
    daemon = account_files.add_user("d", system=True, home="/", shell="/bin/false")
    assert [(one.uid, one.gid) for one in (ann, bob, daemon)] == [
        (1000, 1000),
        (1001, 27),
        (999, 999),
    ]
    accounts = Accounts(account_files.files.tree)
    assert accounts.user("ann") == ann
    assert [group.name for group in accounts.groups()][-2:] == ["ann", "d"], "bob has another's"
    assert text(account_files, SHADOW).count(":!:") == 3


def test_in_and_out_of_a_group_twice(account_files) -> None:
    for name in ("ann", "bob", "bob"):
        account_files.join(name, "sudo")
    assert "\nsudo:x:27:ann,bob\n" in text(account_files, GROUP)
    for _ in range(2):
        account_files.leave("ann", ["sudo", "nosuch"])
    assert text(account_files, GROUP) == "root:x:0:\nsudo:x:27:bob\nsudoers:x:28:ann\n"


def test_locking_twice_and_unlocking_what_has_no_password(account_files) -> None:
    account_files.add_user("ann", home="/home/ann", shell="/bin/sh")
    account_files.change_user("ann", shell="/bin/bash", home=None)
    account_files.unlock("ann")
    assert "\nann:!:" in text(account_files, SHADOW)
    for _ in range(2):
        account_files.lock("root")
    assert text(account_files, SHADOW).startswith("root:!*:")
    account_files.unlock("root")
    assert text(account_files, SHADOW).startswith("root:*:")
    ann = Accounts(account_files.files.tree).user("ann")
    assert ann is not None and (ann.shell, ann.home) == ("/bin/bash", "/home/ann")


def test_removing_takes_nobody_elses_lines_and_homes_only(account_files) -> None:
    files = account_files.files
    account_files.add_user("ann2", home="/home/ann2", shell="/bin/sh")
    ann = account_files.add_user("ann", home="/home/ann", shell="/bin/sh")
    far = account_files.add_user("far", home="/srv/far", shell="/bin/sh")
    for one in (ann, far):
        account_files.make_home(one)
    assert files.stat("/home/ann")["mode"] == 0o750
    account_files.remove_user(ann, home=True)
    account_files.remove_user(far, home=True)
    accounts = Accounts(files.tree)
    assert [user.name for user in accounts.users()] == ["root", "ann2"]
    assert (files.exists("/home/ann"), files.exists("/srv/far")) == (False, True)


@pytest.mark.parametrize(
    ("lost", "passwd", "group", "shadow"),
    [
        (SHADOW, "root, ann:1000:1000", "root sudo sudoers ann:1000", None),
        # Who is there in the image is there without the file.
        (GROUP, "root, ann:1000:1001", "ann:1001", "root ann"),
        (PASSWD, "ann:1001:1001", "root sudo sudoers ann:1001", "root ann"),
    ],
)
def test_a_file_that_was_lost(account_files, lost, passwd, group, shadow) -> None:
    """A user comes into being without it; nobody is changed in it, or taken away from it."""
    account_files.files.remove(lost)
    account_files.lock("root")
    account_files.unlock("root")
    account_files.join("root", "sudo")
    account_files.leave("root", ["sudo"])
    account_files.change_user("root", shell="/bin/sh")
    account_files.remove_group("nobody")
    assert not account_files.files.exists(lost)
    account_files.add_user("ann", home="/home/ann", shell="/bin/sh")
    for path, wanted in ((PASSWD, passwd), (GROUP, group), (SHADOW, shadow)):
        if wanted is None:
            assert not account_files.files.exists(path)
            continue
        lines = text(account_files, path).splitlines()
        assert [line.partition(":")[0] for line in lines] == re.findall("[a-z]+", wanted)
        if ":" in wanted:
            numbers = re.findall(r"\d+", wanted)
            assert lines[-1].split(":")[2:4][: len(numbers)] == numbers
