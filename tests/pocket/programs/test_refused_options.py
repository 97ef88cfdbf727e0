"""No program takes an option that it does not know and goes on as if nothing had been said."""

from __future__ import annotations

import asyncio

import pytest

from owlab.pocket.programs.absent import WHY
from owlab.pocket.programs.base import load_programs
from tests.pocket.programs.conftest import Type

# They take any words: K3s' own scripts look at none.
DEAF = {"k3s-pocket-killall", "k3s-pocket-uninstall"}
ENDS = {"reboot", "shutdown", "poweroff", "halt"}


async def test_every_program_says_that_it_does_not_know_an_option(on: Type) -> None:
    taken = []
    for name in sorted(load_programs()):
        if name.startswith("__") or name in DEAF | ENDS:
            continue
        typed = await asyncio.wait_for(on("master", f"{name} --no-such-option x < /dev/null"), 20)
        if typed.status == 0 or not (typed.err or "nvalid option" in typed.out):
            taken.append((name, typed))
    assert taken == []


async def test_every_program_answers_help(on: Type) -> None:
    """Or says, in its own name, that it is not there."""
    silent = []
    for name in sorted(load_programs()):
        if name.startswith("__") or name in DEAF:
            continue
        typed = await asyncio.wait_for(on("master", f"{name} --help < /dev/null"), 20)
        honest = (typed.err.startswith(f"{name}: ") and name in WHY) or "not found" in typed.err
        if not honest and (typed.status != 0 or len(typed.out) < 40):
            silent.append((name, typed))
    assert silent == []


def hint(name: str) -> str:
    return f"Try '{name} --help' for more information.\n"


OTHERS = "is not understood in combination with the other options"


@pytest.mark.parametrize(
    ("line", "out", "err", "status"),
    [
        ("arch", "x86_64\n", "", 0),
        ("arch x", "", f"arch: extra operand ‘x’\n{hint('arch')}", 1),
        ("arch -Q", "", f"arch: invalid option -- 'Q'\n{hint('arch')}", 1),
        ("uname", "Linux\n", "", 0),
        ("uname -sm", "Linux x86_64\n", "", 0),
        ("uname -i -p", "x86_64 x86_64\n", "", 0),
        ("uname --kernel-name --operating-system", "Linux GNU/Linux\n", "", 0),
        ("uname --nodename", "master\n", "", 0),
        ("uname -a | cut -d' ' -f1,2", "Linux master\n", "", 0),
        ("uname -a | grep -o 'x86_64 .*'", "x86_64 x86_64 x86_64 GNU/Linux\n", "", 0),
        ("uname x", "", f"uname: extra operand ‘x’\n{hint('uname')}", 1),
        ("uname -ax", "", f"uname: invalid option -- 'x'\n{hint('uname')}", 1),
        ("nproc", "2\n", "", 0),
        ("nproc --all --ignore=1", "1\n", "", 0),
        ("nproc --ignore 100", "1\n", "", 0),
        ("nproc --ignore=x", "", "nproc: invalid number: ‘x’\n", 1),
        ("nproc a", "", f"nproc: extra operand ‘a’\n{hint('nproc')}", 1),
        ("lsmod x", "", "Usage: lsmod\n", 1),
        ("yes a -Q", "", f"yes: invalid option -- 'Q'\n{hint('yes')}", 1),
        ("yes -- -Q | head -n 1", "-Q\n", "", 0),
        ("systemd-detect-virt -q", "", "", 0),
        ("systemd-detect-virt --vm", "owlab-pocket\n", "", 0),
        ("systemd-detect-virt a", "", "systemd-detect-virt takes no arguments.\n", 1),
        ("systemd-detect-virt -Q", "", "systemd-detect-virt: invalid option -- 'Q'\n", 1),
        (
            *("systemd-detect-virt -c", ""),
            *("systemd-detect-virt: the pocket lab knows -q and -v only\n", 1),
        ),
        ("lsb_release -cs", "noble\n", "", 0),
        ("lsb_release --codename --short", "noble\n", "", 0),
        ("lsb_release -i", "Distributor ID:\tUbuntu\n", "", 0),
        ("lsb_release", "", "No LSB modules are available.\n", 0),
        ("lsb_release -s", "", "No LSB modules are available.\n", 0),
        ("lsb_release -a | wc -l", "4\n", "No LSB modules are available.\n", 0),
        ("lsb_release -x", "", "lsb_release: invalid option -- 'x'\n", 2),
        ("blkid -s TYPE -o value", "ext4\n", "", 0),
        ("blkid -s TYPE /dev/vda1", '/dev/vda1: TYPE="ext4"\n', "", 0),
        ("blkid -o device", "/dev/vda1\n", "", 0),
        ("blkid -o export -s LABEL", "DEVNAME=/dev/vda1\nLABEL=cloudimg-rootfs\n", "", 0),
        ("blkid /dev/nope", "", "", 2),
        ("blkid -s NOPE", "", "", 2),
        ("blkid -o nope", "", "blkid: unsupported output format nope\n", 4),
        ("apt-cache --nope search jq", "", f"E: Command line option --nope {OTHERS}\n", 100),
        ("apt-cache -x search jq", "", f"E: Command line option 'x' [from -x] {OTHERS}.\n", 100),
        ("apt-mark --nope showmanual", "", f"E: Command line option --nope {OTHERS}\n", 100),
        ("apt-get -Z update", "", f"E: Command line option 'Z' [from -Z] {OTHERS}.\n", 100),
        ("apt-get --nope update", "", f"E: Command line option --nope {OTHERS}\n", 100),
        ("apt-cache --help | tail -n 1", "Usage: apt-cache [options] command\n", "", 0),
        ("snap help | grep -c 'Usage: snap'", "1\n", "", 0),
        ("yes --help | head -1", "Usage: yes [OPTION]... [ARGUMENT]...\n", "", 0),
        ("top -n x", "", "top: bad iterations argument 'x'\n", 1),
        ("top -n 0", "", "top: bad iterations argument '0'\n", 1),
        ("top -d x", "", "top: bad delay interval 'x'\n", 1),
        ("top -p x", "", "top: bad pid 'x'\n", 1),
        ("top -u nobodyhere", "", "top: Invalid user\n", 1),
        ("top x", "", "top: unknown option 'x'\n", 1),
        ("top -Q", "", "top: invalid option -- 'Q'\ntop: the lab's knows -b -n -d -p -u\n", 1),
        ("top -bn2 -d 0 | grep -c ^Tasks", "2\n", "", 0),
        ("top -b | grep -c ^Tasks", "1\n", "", 0),
        ("top -b -p 1 | tail -n +8 | awk '{print $1}'", "1\n", "", 0),
        ("top -b -u ubuntu | awk 'NR>7 {print $2}' | sort -u", "ubuntu\n", "", 0),
        ("getent passwd 0 | cut -d: -f1", "root\n", "", 0),
        ("getent passwd root | cut -d: -f3", "0\n", "", 0),
        ("getent group 0", "root:x:0:\n", "", 0),
        ("getent passwd roo", "", "", 2),
    ],
)
async def test_options(on: Type, line: str, out: str, err: str, status: int) -> None:
    typed = await on("master", line)
    assert (typed.out, typed.err, typed.status) == (out, err, status)
