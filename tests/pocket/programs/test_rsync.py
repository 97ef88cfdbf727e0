"""rsync copies what differs, and nothing else."""

from __future__ import annotations

import pytest

MADE = (
    "mkdir -p a/d && echo 1 > a/one && echo 22 > a/d/two && ln -s one a/link && chmod 640 a/one; "
)


async def test_a_tree_is_copied_and_then_only_what_changed(on):
    first = await on("master", MADE + "rsync -av a/ b")
    assert first.out.startswith(
        "sending incremental file list\ncreated directory b\n./\nlink -> one\none\nd/\nd/two\n\n"
        "sent 5 bytes"
    ), first.out
    assert first.out.endswith("total size is 5  speedup is 1.00\n")
    same = await on("master", "cat b/one b/d/two; stat -c '%a %Y' a/one b/one | uniq | wc -l")
    assert (same.out, same.status) == ("1\n22\n1\n", 0)
    again = await on(
        "master", "rsync -av a/ b | head -3; echo x >> a/d/two; rsync -av a/ b | sed -n 2p"
    )
    assert again.out.splitlines()[:2] == ["sending incremental file list", ""]
    assert again.out.splitlines()[-1] == "d/two"


async def test_what_the_slash_means(on):
    await on("master", MADE + "rsync -a a b; rsync -a a/ c")
    assert (await on("master", "ls b c")).out == "b:\na\n\nc:\nd\nlink\none\n"


async def test_what_is_gone_is_deleted_when_asked(on):
    await on("master", MADE + "rsync -a a/ b; rm -r a/d; touch b/more b/keep.log")
    dry = await on("master", "rsync -avn --delete --exclude '*.log' a/ b; ls b")
    assert "deleting d/\ndeleting more\n" in dry.out and "(DRY RUN)" in dry.out
    assert dry.out.endswith("d\nkeep.log\nlink\nmore\none\n")
    assert (await on("master", "rsync -a --delete --exclude '*.log' a/ b; ls b")).out == (
        "keep.log\nlink\none\n"
    )


async def test_between_machines_over_ssh(on, lab):
    key = "ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519; cat ~/.ssh/id_ed25519.pub"
    public = (await on("master", key)).out
    await on("worker1", f"mkdir -p ~/.ssh; echo '{public.strip()}' >> ~/.ssh/authorized_keys")
    assert (await on("master", MADE + "rsync -az a/ worker1:in/")).status == 0
    assert (await on("worker1", "cat in/d/two; echo back > in/new")).out == "22\n"
    assert (await on("master", "rsync -az -e 'ssh' worker1:in/ out && cat out/new")).out == "back\n"
    refused = await on("master", "rsync -a a/ storage:in")
    assert refused.status == 255 and "Permission denied (publickey)" in refused.err
    await on("worker1", "sudo systemctl stop ssh")
    closed = await on("master", "rsync -a a/ worker1:in")
    assert "ssh: connect to host worker1 port 22: Connection refused" in closed.err


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        (
            "-a nosuch b",
            'link_stat "/home/ubuntu/nosuch" failed: No such file or directory (2)',
            23,
        ),
        ("--bwlimit=1 a b", "rsync: --bwlimit: unknown option (of the pocket lab's rsync)", 1),
        ("a", "takes SOURCE... TARGET", 1),
        ("rsync://x/y b", "no rsync daemons", 1),
        ("worker1:a worker2:b", "The source and destination cannot both be remote.", 1),
        ("a/ b", "skipping directory a", 0),
    ],
)
async def test_what_is_refused(on, words, said, status):
    typed = await on("master", MADE + f"rsync {words}")
    assert (said in str(typed), typed.status) == (True, status), str(typed)


async def test_parents_numbers_for_people_and_no_progress(on):
    typed = await on("master", "truncate -s 1234567 a; rsync -vh --mkpath a p/q/; ls p/q")
    assert "sent 1.23M bytes  received 0 bytes  1.23M bytes/sec\n" in typed.out
    assert "total size is 1.23M  speedup is 1.00\n" in typed.out and typed.out.endswith("a\n")
    typed = await on("master", "rsync -P a b; ls b; mkdir d; rsync -r --mkpath d/ x/y; ls x")
    assert typed.err == "rsync: no progress to show: the pocket lab copies at once\n"
    assert typed.out == "b\ny\n"
    typed = await on("master", "echo 1 > small; rsync -vh small s | tail -n 2")
    assert typed.out == "sent 2 bytes  received 0 bytes  2.00 bytes/sec\n" + (
        "total size is 2  speedup is 1.00\n"
    )
