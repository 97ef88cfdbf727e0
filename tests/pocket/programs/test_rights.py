"""Whose files are, and who may do what: on every way to read and write them."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo y > /etc/x", "bash: line 1: /etc/x: Permission denied\n"),
        ("echo y >> /etc/hosts", "bash: line 1: /etc/hosts: Permission denied\n"),
        ("sudo echo y > /etc/x", "bash: line 1: /etc/x: Permission denied\n"),
        ("echo y | tee /etc/x > /dev/null", "tee: /etc/x: Permission denied\n"),
        ("cp /etc/hostname /etc/x", "cp: cannot create regular file '/etc/x': Permission denied\n"),
        ("mv /etc/hostname /tmp", "mv: cannot move '/etc/hostname' to '/tmp/hostname': "),
        ("rm /etc/hostname", "rm: cannot remove '/etc/hostname': Permission denied\n"),
        ("rm -rf /etc/hostname", "rm: cannot remove '/etc/hostname': Permission denied\n"),
        ("mkdir /etc/x", "mkdir: cannot create directory ‘/etc/x’: Permission denied\n"),
        ("touch /etc/x", "touch: cannot touch '/etc/x': Permission denied\n"),
        ("ln -s a /etc/x", "ln: failed to create symbolic link '/etc/x': Permission denied\n"),
        ("chmod 777 /etc/hosts", "chmod: changing permissions of '/etc/hosts': Operation not"),
        ("chown ubuntu /etc/hosts", "chown: changing ownership of '/etc/hosts': Operation not"),
        ("sed -i s/a/b/ /etc/hosts", "Permission denied"),
        ("cat /etc/shadow", "cat: /etc/shadow: Permission denied\n"),
        ("cat < /etc/shadow", "bash: line 1: /etc/shadow: Permission denied\n"),
        ("head -1 /etc/shadow", "Permission denied"),
        ("grep root /etc/shadow", "grep: /etc/shadow: Permission denied\n"),
        ("ls /root", "ls: cannot open directory '/root': Permission denied\n"),
        ("cd /root", "bash: line 1: cd: /root: Permission denied\n"),
        ("tar -xf /dev/null -C /etc; curl -s file:///x -o /etc/x", ""),
    ],
)
async def test_who_forgets_sudo_is_refused(on, master, script, words):
    typed = await on("master", script)
    assert words in typed.err
    assert typed.status != 0
    assert not master.files.exists("/etc/x")


async def test_the_line_that_every_guide_of_k3s_has(on):
    typed = await on(
        "master",
        "sudo sh -c 'echo secret > /root/k3s.yaml; chmod 600 /root/k3s.yaml'; mkdir -p ~/.kube; "
        "sudo cp /root/k3s.yaml ~/.kube/config; ls -l ~/.kube/config; cat ~/.kube/config; "
        "sudo chown $(id -u):$(id -g) ~/.kube/config; cat ~/.kube/config",
    )
    first, *rest = typed.out.splitlines()
    assert first.split()[:4] == ["-rw-------", "1", "root", "root"]
    assert rest == ["secret"]
    assert typed.err == "cat: /home/ubuntu/.kube/config: Permission denied\n"


@pytest.mark.parametrize(
    ("owner", "shown"),
    [
        ("1234:99", "1234 99"),
        ("nobody:", "nobody nogroup"),
        ("ubuntu:27", "ubuntu sudo"),
        (":adm", "root adm"),
        ("0", "root root"),
        ("65534", "nobody root"),
    ],
)
async def test_numbers_and_names_are_one(on, owner, shown):
    typed = await on("master", f"sudo touch /srv/f; sudo chown {owner} /srv/f; ls -l /srv/f")
    assert " ".join(typed.out.split()[2:4]) == shown


async def test_unknown_owners(on):
    typed = await on("master", "touch f; sudo chown no f; sudo chown ubuntu:no f; sudo chgrp no f")
    assert typed.err == (
        "chown: invalid user: ‘no’\nchown: invalid group: ‘ubuntu:no’\nchgrp: invalid group: ‘no’\n"
    )


async def test_umask_rules_what_is_new(on):
    typed = await on(
        "master",
        "umask; umask 027; > a; mkdir d; stat -c %a a d; bash -c '> b; stat -c %a b'; "
        "umask u=rwx,go=; > c; stat -c %a c; umask -S",
    )
    assert typed.out == "0022\n640\n750\n640\n600\nu=rwx,g=,o=\n"


async def test_a_sticky_directory(on):
    typed = await on("master", "sudo touch /tmp/a; rm /tmp/a; touch /tmp/b; rm /tmp/b; ls /tmp")
    assert typed.err == "rm: cannot remove '/tmp/a': Operation not permitted\n"
    assert typed.out == "a\n"


@pytest.mark.parametrize(
    ("mode", "change", "after"),
    [
        ("644", "u+x", "744"),
        ("644", "+x", "755"),
        ("777", "go-w", "755"),
        ("600", "a=r", "444"),
        ("640", "g=u", "660"),
        ("700", "o+X", "701"),
        ("755", "u+s,+t", "5755"),
    ],
)
async def test_symbolic_modes(on, mode, change, after):
    typed = await on("master", f"touch f; chmod {mode} f; chmod {change} f; stat -c %a f")
    assert typed.out == f"{after}\n"


async def test_stat_has_all_its_letters(on):
    typed = await on(
        "master", "echo hi > f; chmod 640 f; stat -c '%n %s %a %A %U %u %G %g %F %h %b %B %o' f"
    )
    assert typed.out == "f 3 640 -rw-r----- ubuntu 1000 ubuntu 1000 regular file 1 8 512 4096\n"


async def test_root_is_squashed_unless_the_export_says_no(on, lab):
    await on("storage", "sudo apt-get install -y nfs-kernel-server; sudo mkdir -p /srv/x")
    await on("worker1", "sudo apt-get install -y nfs-common; sudo mkdir /mnt/t")

    async def touched(options: str) -> str:
        await on("storage", f"echo '/srv/x *({options})' | sudo tee /etc/exports; sudo exportfs -a")
        typed = await on(
            "worker1",
            "sudo mount -t nfs storage:/srv/x /mnt/t; sudo touch /mnt/t/f && ls -ln /mnt/t/f; "
            "sudo rm -f /mnt/t/f; sudo umount /mnt/t",
        )
        return typed.err or " ".join(typed.out.split()[2:4])

    await on("storage", "sudo chmod 777 /srv/x")
    assert await touched("rw,no_subtree_check,no_root_squash") == "0 0"
    assert await touched("rw,no_subtree_check") == "65534 65534"
    assert await touched("rw,no_subtree_check,all_squash,anonuid=1234,anongid=99") == "1234 99"
    assert "Read-only file system" in await touched("ro,no_subtree_check")


async def test_owners_survive_the_service(on, lab, master):
    from owlab.pocket.service.lab import PocketLab

    await on("master", "sudo touch /srv/f; sudo chown 1234:99 /srv/f; sudo chmod 601 /srv/f")
    lab.network.release()
    again = PocketLab(lab.directory)
    inode = again.fleet.machines["master"].files.look("/srv/f")
    assert (inode.uid, inode.gid, inode.mode) == (1234, 99, 0o601)
    await again.stop()


async def test_the_shells_own_questions(on):
    typed = await on(
        "master",
        "[ -x /root ]; echo $?; [ -x /usr/bin/cat ]; echo $?; sudo touch /srv/f; "
        "sudo chmod 0 /srv/f; sudo bash -c '[ -x /srv/f ]; echo $?; cat /srv/f; echo $?'",
    )
    assert typed.out.split() == ["1", "0", "1", "0"]


ASKED = """
for f in /etc/shadow /etc/passwd /root /bin/ls .; do
  echo "$f" $([ -r $f ] && echo r) $([[ -w $f ]] && echo w) $(test -x "$f" && echo x) \\
    $([ -O $f ] && echo O) $([[ -G $f ]] && echo G) $([ -d $f ] && echo d)
done
"""


async def test_a_script_that_asks_is_told_what_its_user_may(on):
    typed = await on("master", ASKED)
    assert typed.out.splitlines() == [
        "/etc/shadow",
        "/etc/passwd r",
        "/root d",
        "/bin/ls r x",
        ". r w x O G d",
    ]
    asked = await on("master", f"sudo bash -c '{ASKED}'")
    assert asked.out.splitlines()[:3] == [
        "/etc/shadow r w O",
        "/etc/passwd r w O G",
        "/root r w x O G d",
    ]


async def test_who_asks_in_a_file_or_a_line_of_sudo_is_told_the_same(on):
    await on("master", "echo '[[ -w /etc ]] && echo open || echo closed' > /tmp/q; chmod +x /tmp/q")
    for way in ("/tmp/q", "bash /tmp/q", ". /tmp/q", "cd /tmp; ./q", 'eval "$(cat /tmp/q)"'):
        assert (await on("master", way)).out == "closed\n", way
    assert (await on("master", "sudo /tmp/q; sudo test -r /etc/shadow && echo may")).out == (
        "open\nmay\n"
    )
    assert (await on("master", "ls /tmp")).out == "q\n"


async def test_a_missing_right_of_the_owner_is_not_made_up_by_others(on):
    script = "touch f; chmod 077 f; [ -r f ]; echo $?; [[ -w f ]]; echo $?; test -x f; echo $?"
    assert (await on("master", script)).out == "1\n1\n1\n"


async def test_output_to_a_command_is_refused_where_it_would_be_lost(on):
    typed = await on("master", "{ echo a; } > >(cat); echo b")
    assert typed.err.startswith("bash: >(...) behind a compound command")
    assert typed.out == ""
    assert typed.status == 2
