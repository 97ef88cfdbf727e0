"""Who may do what: the rules of `sudo` are the files' own."""

from __future__ import annotations

ANN = "sudo useradd -m ann; "


async def test_nobody_new_may(on):
    typed = await on("master", f"{ANN} sudo -u ann sudo id")
    assert "ann is not in the sudoers file." in typed.err
    assert typed.status == 1


async def test_a_group_and_a_file_of_ones_own(on):
    assert (await on("master", f"{ANN} sudo usermod -aG sudo ann; sudo -u ann sudo id -u")).out == (
        "0\n"
    )
    await on(
        "master",
        "sudo deluser ann sudo; "
        "echo 'ann ALL=(ALL) NOPASSWD: /usr/bin/id, /usr/bin/systemctl restart *' | "
        "sudo tee /etc/sudoers.d/ann",
    )
    assert (await on("master", "sudo -u ann sudo id -u")).out == "0\n"
    typed = await on("master", "sudo -u ann sudo cat /etc/shadow")
    assert typed.err == (
        "Sorry, user ann is not allowed to execute '/usr/bin/cat /etc/shadow' as root on master.\n"
    )
    assert (await on("master", "sudo -u ann sudo systemctl restart cron")).status == 0
    assert (await on("master", "sudo -u ann sudo systemctl stop cron")).status == 1
    listed = (await on("master", "sudo -u ann sudo -l")).out
    assert "(ALL) NOPASSWD: /usr/bin/id\n" in listed


async def test_into_a_group_and_out_of_it(on):
    typed = await on("master", f"{ANN} sudo gpasswd -a ann adm; sudo gpasswd -d ann adm; id ann")
    assert typed.out == (
        "Adding user ann to group adm\nRemoving user ann from group adm\n"
        "uid=1001(ann) gid=1001(ann) groups=1001(ann)\n"
    )
    typed = await on("master", "sudo deluser ann adm; id -u ann; sudo gpasswd -d ann nosuch")
    assert typed.out == "1001\n"
    assert typed.err == (
        "fatal: The user `ann' is not a member of group `adm'.\n"
        "gpasswd: group 'nosuch' does not exist in /etc/group\n"
    )


async def test_aliases_and_what_is_taken_back(on):
    rules = "User_Alias OPS = ann\\nCmnd_Alias OFF = /usr/sbin/reboot\\nOPS ALL=(ALL) ALL, !OFF\\n"
    await on("master", f"{ANN} printf '{rules}' | sudo tee /etc/sudoers.d/ops")
    assert (await on("master", "sudo -u ann sudo whoami")).out == "root\n"
    assert "not allowed" in (await on("master", "sudo -u ann sudo reboot")).err


async def test_a_mistake_is_told_and_not_obeyed(on):
    typed = await on(
        "master", "echo 'ann ALL=ALL ALL' | sudo tee /etc/sudoers.d/bad; sudo visudo -c"
    )
    assert "/etc/sudoers.d/bad:1:15: syntax error\nann ALL=ALL ALL\n" in typed.err
    assert "/etc/sudoers: parsed OK\n" in typed.out
    assert typed.status == 1
    assert (await on("master", "sudo whoami")).out == "root\n"


async def test_what_stands_in_shadow(on):
    assert (await on("master", "sudo passwd -S ubuntu")).out == (
        "ubuntu L 2024-10-03 0 99999 7 -1\n"
    )
    await on("master", "sudo chage -M 90 -W 14 -E 2030-01-02 ubuntu")
    listed = dict(
        line.replace("\t", "").split(": ")
        for line in (await on("master", "chage -l ubuntu")).out.splitlines()
    )
    assert listed["Password expires"] == "Jan 01, 2025"
    assert listed["Account expires"] == "Jan 02, 2030"
    assert listed["Number of days of warning before password expires"] == "14"
    for line in ("passwd", "echo ubuntu:x | sudo chpasswd"):
        typed = await on("master", line)
        assert "accounts of the pocket lab have no passwords; use sudo\n" in typed.err
        assert typed.status == 1
    assert (await on("master", "chage -M 1 ubuntu")).err == "chage: Permission denied.\n"
