"""Options that a program has elsewhere and not in the lab are refused by their name."""

from __future__ import annotations

import pytest

from tests.pocket.programs.conftest import Type

ABSENT = [
    ("last -f x", "-f", 1),
    ("last -d", "-d", 1),
    ("last -i", "-i", 1),
    ("last -x", "-x", 1),
    ("last --hostlast", "--hostlast", 1),
    ("who -d", "-d", 1),
    ("who -r", "-r", 1),
    ("who --writable", "--writable", 1),
    ("uptime -V", "-V", 1),
    ("w -i", "-i", 1),
    ("lscpu -x", "-x", 1),
    ("lscpu -s x", "-s", 1),
    ("free -v", "-v", 1),
    ("vmstat -w", "-w", 1),
    ("vmstat -t", "-t", 1),
    ("df -a", "-a", 1),
    ("hostname -A", "-A", 255),
    ("lsblk -t", "-t", 1),
    ("logger -S 3 x", "-S", 1),
    ("ls -c", "-c", 2),
    ("ls --block-size=K", "--block-size", 2),
    ("ls --zero", "--zero", 2),
    ("du -L", "-L", 1),
    ("file -k x", "-k", 1),
    ("file -z x", "-z", 1),
    ("findmnt --fstab", "--fstab", 1),
    ("flock -u /tmp/x true", "-u", 64),
    ("flock -v /tmp/x true", "-v", 64),
    ("bc -w", "-w", 1),
    ("gzip -h", "-h", 1),
    ("cp -l a b", "-l", 1),
    ("cp -x a b", "-x", 1),
    ("install -C a b", "-C", 1),
    ("install -s a b", "-s", 1),
    ("date --debug", "--debug", 1),
    ("diff -t a b", "-t", 2),
    ("diff --left-column a b", "--left-column", 2),
    ("rm --no-preserve-root -r /", "--no-preserve-root", 1),
    ("rm -r --one-file-system x", "--one-file-system", 1),
    ("touch -h x", "-h", 1),
    ("tail --pid=1 x", "--pid", 1),
    ("tee -i", "-i", 1),
    ("visudo -cs", "-s", 1),
    ("passwd -k", "-k", 1),
    ("xargs -o ls", "-o", 1),
    ("pidof -x x", "-x", 1),
    ("gpasswd -M a b", "-M", 1),
    ("sudo gpasswd -r grp", "-r", 1),
    ("ssh -D 1080 master", "-D", 255),
    ("ssh -J a master", "-J", 255),
    ("ssh -N master", "-N", 255),
    ("scp -J a x y", "-J", 1),
    ("scp -v x y", "-v", 1),
    ("rsync --stats a b", "--stats", 1),
    ("mount -l", "-l", 1),
    ("mount -h", "-h", 1),
    ("mount -i x y", "-i", 1),
    ("mount --mkdir x y", "--mkdir", 1),
    ("sysctl -r x", "-r", 1),
    ("systemctl --user status", "--user", 1),
    ("systemctl --wait start cron", "--wait", 1),
    ("journalctl --fields", "--fields", 1),
    ("journalctl --no-full", "--no-full", 1),
    ("less -E /etc/hostname", "-E", 1),
    ("less -m /etc/hostname", "-m", 1),
    ("more -c /etc/hostname", "-c", 1),
    ("nc -X 5 localhost 22", "-X", 1),
    ("nc -6 localhost 22", "-6", 1),
    ("snap install --revision=3 jq", "--revision", 1),
    ("snap install --dangerous jq", "--dangerous", 1),
    ("grep -D skip x f", "-D", 2),
    ("grep --exclude-from=x y f", "--exclude-from", 2),
    ("grep -u x f", "-u", 2),
]


@pytest.mark.parametrize(("line", "option", "status"), ABSENT)
async def test_refused_by_name(on: Type, line: str, option: str, status: int) -> None:
    name = line.removeprefix("sudo ").split()[0]
    typed = await on("master", line)
    told = f"{name}: {option} is not part of the pocket lab's {name}\n"
    assert (typed.out, typed.err, typed.status) == ("", told, status)


CLONE = "git clone -q https://github.com/apache/openwhisk-deploy-kube d; cd d; "


@pytest.mark.parametrize(
    "words",
    [
        *("log --graph", "log -p", "log --format=%s", "log -n0", "show --stat", "status -b"),
        *("checkout -b", "switch -c", "reset without --hard", "branch new"),
        *("branch -a", "pull --all", "fetch --dry-run", "remote --nope", "ls-files -m"),
        *("ls-remote --tags", "rev-parse --verify", "-c a.b=c"),
    ],
)
async def test_of_git(on: Type, words: str) -> None:
    typed = await on("master", f"{CLONE}git {words.replace(' without --hard', '')} x")
    told = f"git: {words} is not part of the pocket lab's git\n"
    assert (typed.out, typed.err, typed.status) == ("", told, 129)


async def test_what_git_heeds(on: Type) -> None:
    typed = await on(
        "master",
        f"{CLONE}git log -1 --format=%H | wc -c; git show -n 3 --oneline | wc -l; git pull -q; "
        "git fetch; git pull; echo x > README.md; git reset -q --hard; git status -s; "
        "echo x > README.md; git checkout -q -- README.md; git status -s; git log --oneline -n2",
    )
    first, second, pulled, *rest = typed.out.splitlines()
    assert (first, second, pulled, len(rest)) == ("41", "1", "Already up to date.", 1)


@pytest.mark.parametrize("option", ["-b", "-nb", "--background"])
async def test_of_sudo(on: Type, option: str) -> None:
    typed = await on("master", f"sudo {option} touch f; echo $?; ls")
    told = "sudo: -b is not part of the pocket lab's sudo: sudo COMMAND &\n"
    assert (typed.out, typed.err) == ("1\n", told)


@pytest.mark.parametrize("option", ["-T", "--test", "-v", "--verbose", "-l", "-k", "-o", "-F"])
async def test_of_zip(on: Type, option: str) -> None:
    typed = await on(
        "master", f"sudo apt-get install -y zip > /dev/null; zip {option} a /etc/fstab"
    )
    told = f"\nzip error: {option} is not part of the pocket lab's zip\n"
    assert (typed.out + typed.err, typed.status) == (told, 16)


async def test_levels_of_zip(on: Type) -> None:
    typed = await on(
        "master",
        "sudo apt-get install -y zip unzip > /dev/null; (seq 20000; seq 3 2 30000) > s; "
        "for i in 0 1 9; do zip -q -$i z$i s; unzip -p z$i s | cmp - s; done; "
        "stat -c %s z?.zip | sort -u | wc -l; zip -1 a s | grep -c deflated",
    )
    assert (typed.out, typed.err) == ("3\n1\n", "")


@pytest.mark.parametrize("option", ["-a", "-L", "-K", "-X"])
async def test_of_unzip(on: Type, option: str) -> None:
    typed = await on("master", f"sudo apt-get install -y unzip > /dev/null; unzip {option} a")
    told = f"unzip: {option} is not part of the pocket lab's unzip\n"
    assert (typed.out, typed.err, typed.status) == ("", told, 10)
