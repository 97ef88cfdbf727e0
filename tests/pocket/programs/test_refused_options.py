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
        *[
            (f"touch x; chmod 4666 x; tar -cf a x; rm x; umask 027; {line} x", out, "", 0)
            for line, out in (
                ("tar -xf a; stat -c %a", "640\n"),
                ("tar -xpf a; stat -c %a", "4666\n"),
                ("sudo tar -xf a; stat -c '%a %U'", "4666 ubuntu\n"),
                ("sudo tar --no-same-owner -xf a; stat -c '%a %U'", "4666 root\n"),
            )
        ],
        ("mkdir d; chmod 777 d; tar -cf a d; rmdir d; tar -xf a; stat -c %a d", "755\n", "", 0),
        ("sudo systemctl stop cron; systemctl list-units --no-legend cron", "", "", 0),
        (
            "sudo systemctl stop cron; systemctl -a list-units --no-legend cron | cut -d' ' -f3-5",
            *("cron.service loaded inactive\n", "", 0),
        ),
        (
            "sudo systemctl restart cron; systemctl status -n 1 cron | grep -c 'systemd.1'",
            "1\n",
            "",
            0,
        ),
        ("curl -s --proto =http,https http://localhost:1/", "", "", 7),
        ("who x", "", "who: the pocket lab's who reads no file: x\n", 1),
        ("who a b c", "", "who: extra operand ‘c’\nTry 'who --help' for more information.\n", 1),
        ("users x", "", "users: the pocket lab's users reads no file: x\n", 1),
        (
            "users a b",
            "",
            "users: extra operand ‘b’\nTry 'users --help' for more information.\n",
            1,
        ),
        ("lastlog x", "", "lastlog: unexpected argument: x\n", 1),
        ("w -hf", "", "", 0),
        ("w -f | sed -n 2p", "USER     TTY       LOGIN@   IDLE   JCPU   PCPU WHAT\n", "", 0),
        ("w -sf | sed -n 2p", "USER     TTY        IDLE WHAT\n", "", 0),
        (
            "w -ff | sed -n 2p",
            "USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n",
            "",
            0,
        ),
        (
            "lscpu -c",
            "",
            (
                "lscpu: options --all, --online and --offline may only be used with options "
                "--extended or --parse.\n"
            ),
            1,
        ),
        ("lscpu x", "", "lscpu: bad usage\nTry 'lscpu --help' for more information.\n", 1),
        ("lscpu --parse=CPU", "", "lscpu: the pocket lab's lscpu chooses no columns: CPU\n", 1),
        ("lscpu -pc | wc -l", "4\n", "", 0),
        ("lscpu -pa | wc -l", "6\n", "", 0),
        ("lscpu -p --physical | tail -n 1", "1,1,0,0\n", "", 0),
        ("free -l | cut -c1-5", "     \nMem: \nLow: \nHigh:\nSwap:\n", "", 0),
        ("free x", "", "Usage:\n free [options]\n", 1),
        ("hostname -f", "master\n", "", 0),
        ("hostname -s", "master\n", "", 0),
        (
            "logger -P 3 x",
            "",
            "logger: the pocket lab's log is the machine's own: no -n, -P, -u, -T, -d\n",
            1,
        ),
        (
            "logger -c x",
            "",
            "logger: invalid option -- 'c'\nTry 'logger --help' for more information.\n",
            1,
        ),
        (
            (
                "sudo groupadd grp; sudo useradd -g grp foo; sudo groupdel grp; echo $?; "
                "sudo groupdel -f grp"
            ),
            "8\n",
            "groupdel: cannot remove the primary group of user 'foo'\n",
            0,
        ),
        (
            "ssh -o ProxyJump=x master",
            "",
            "ssh: -o ProxyJump=x is not part of the pocket lab's ssh\n",
            255,
        ),
        ("ssh -p x master", "", "Bad port 'x'\n", 255),
        ("ssh -o Port=x master", "", "Bad port 'x'\n", 255),
        ("ssh -t master ls", "", "ssh: -t: a command has no terminal in the pocket lab\n", 255),
        (
            "scp -o ForwardAgent=maybe x y",
            "",
            "scp: -o ForwardAgent=maybe is not part of the pocket lab's scp\n",
            1,
        ),
        ("scp -P x x master:y", "", "Bad port 'x'\n", 1),
        (
            "rsync -e 'ssh -J a' a master:b",
            "",
            "ssh: -J is not part of the pocket lab's ssh\n",
            255,
        ),
        ("rsync -e 'ssh x' a master:b", "", "rsync: -e: options of ssh only, not 'x'\n", 1),
        ("rsync -e 'ssh -V' a master:b", "", "ssh: -V is not part of the pocket lab's ssh\n", 255),
        ("ssh-keygen x", "", "Too many arguments.\n", 1),
        (
            "ssh-keygen -l -E md5",
            "",
            "ssh-keygen: the pocket lab's fingerprints are SHA256, not md5\n",
            1,
        ),
        (
            "sysctl -w kernel.hostname",
            "",
            'sysctl: "kernel.hostname" must be of the form name=value\n',
            1,
        ),
        ("sysctl -b kernel.hostname", "master", "", 0),
        ("systemctl -n x status cron", "", "Failed to parse lines 'x': Invalid argument\n", 1),
        ("systemctl -n 0 status cron | wc -l", "4\n", "", 0),
        ("systemctl -t socket --no-legend", "", "", 0),
        (
            "systemctl -t service --no-legend --plain list-units cron",
            "cron.service loaded active running Regular background program processing daemon\n",
            "",
            0,
        ),
        (
            "systemctl list-units -a --no-legend --plain cron",
            "cron.service loaded active running Regular background program processing daemon\n",
            "",
            0,
        ),
        ("journalctl -q -t nope", "", "", 0),
        ("journalctl -t nope", "-- No entries --\n", "", 0),
        (
            (
                "for i in $(seq 12); do logger -t many $i; done; journalctl -e -n 2 -t many "
                "-o cat; journalctl --utc -n1 -t many -o short-full | cut -d' ' -f4; "
                "TZ=Asia/Tokyo journalctl -n1 -t many -o short-full | cut -d' ' -f4; "
                "TZ=Asia/Tokyo journalctl --utc -n1 -t many -o short-full | cut -d' ' -f4"
            ),
            "11\n12\nUTC\nJST\nUTC\n",
            "",
            0,
        ),
        ("less -R /etc/hostname", "master\n", "", 0),
        (
            "curl -6 localhost",
            "",
            (
                "curl: option -6: not part of the pocket lab's curl\n"
                "curl: try 'curl --help' or 'curl --manual' for more information\n"
            ),
            2,
        ),
        (
            "curl -# localhost",
            "",
            (
                "curl: option -#: not part of the pocket lab's curl\n"
                "curl: try 'curl --help' or 'curl --manual' for more information\n"
            ),
            2,
        ),
        (
            "curl --create-dirs localhost",
            "",
            (
                "curl: option --create-dirs: not part of the pocket lab's curl\n"
                "curl: try 'curl --help' or 'curl --manual' for more information\n"
            ),
            2,
        ),
        (
            "curl --proto =https http://localhost/",
            "",
            'curl: (1) Protocol "http" not supported or disabled in libcurl\n',
            1,
        ),
        (
            "curl --proto -all,https http://localhost/",
            "",
            'curl: (1) Protocol "http" not supported or disabled in libcurl\n',
            1,
        ),
        (
            "curl --proto -http http://localhost/",
            "",
            'curl: (1) Protocol "http" not supported or disabled in libcurl\n',
            1,
        ),
        (
            "nc -n localhost 22",
            "",
            'nc: getaddrinfo for host "localhost" port 22: Name or service not known\n',
            1,
        ),
        ("nc -zn 127.0.0.1 22; echo $?", "0\n", "", 0),
        (
            "wget --progress=dot localhost",
            "",
            "wget: --progress=dot is not part of the pocket lab's wget\n",
            2,
        ),
        ("wget -T x localhost", "", "wget: --timeout: Invalid time period ‘x’\n", 2),
        (
            "git clone -o other https://x/y",
            "",
            "git: clone -o is not part of the pocket lab's git\n",
            129,
        ),
        (
            "git clone --no-checkout https://x/y",
            "",
            "git: clone --no-checkout is not part of the pocket lab's git\n",
            129,
        ),
        (
            "apt-get -o x=y list nosuch",
            "Listing...\n",
            "W: The pocket lab's apt has no settings: -o is passed over\n",
            0,
        ),
        (
            "ssh -v nowhere",
            "",
            "debug1: of a connection the pocket lab's ssh has no more to tell\n"
            "ssh: Could not resolve hostname nowhere: Name or service not known\n",
            255,
        ),
        (
            "apt-get -t noble install jq",
            "",
            "E: Command line option -t is not part of the pocket lab's apt\n",
            100,
        ),
        (
            "apt-get --reinstall install jq",
            "",
            "E: Command line option --reinstall is not part of the pocket lab's apt\n",
            100,
        ),
        (
            "truncate -o -r x y",
            "",
            (
                "truncate: ‘--io-blocks’ was specified but ‘--size’ was not\n"
                "Try 'truncate --help' for more information.\n"
            ),
            1,
        ),
        (
            "chmod -R --preserve-root 755 /",
            "",
            (
                "chmod: it is dangerous to operate recursively on '/'\n"
                "chmod: use --no-preserve-root to override this failsafe\n"
            ),
            1,
        ),
        (
            "pkill --list-name x",
            "",
            (
                "pkill: unrecognized option '--list-name'\n"
                "Try 'pkill --help' for more information.\n"
            ),
            2,
        ),
        (
            "pgrep --echo x",
            "",
            ("pgrep: unrecognized option '--echo'\nTry 'pgrep --help' for more information.\n"),
            2,
        ),
        (
            "realpath --no-newline x",
            "",
            (
                "realpath: unrecognized option '--no-newline'\n"
                "Try 'realpath --help' for more information.\n"
            ),
            1,
        ),
        (
            "readlink --strip x",
            "",
            (
                "readlink: unrecognized option '--strip'\n"
                "Try 'readlink --help' for more information.\n"
            ),
            1,
        ),
        ("ss -6tln | wc -l", "1\n", "", 0),
        ("ss -46tlnH | grep -c :22", "1\n", "", 0),
        ("netstat -6tln | wc -l", "2\n", "", 0),
        (
            (
                "crontab - <<< '# x'; echo n | crontab -ri; crontab -l; echo y | crontab -r "
                "-i; crontab -l"
            ),
            "# x\n",
            (
                "crontab: kept; the pocket lab does not run what is in it\n"
                "crontab: really delete ubuntu's crontab? (y/n) crontab: really delete "
                "ubuntu's crontab? (y/n) no crontab for ubuntu\n"
            ),
            1,
        ),
        (
            "getopt -s csh -o a -- -a",
            "",
            "getopt: -s csh is not part of the pocket lab's getopt\n",
            2,
        ),
    ],
)
async def test_options(on: Type, line: str, out: str, err: str, status: int) -> None:
    typed = await on("master", line)
    assert (typed.out, typed.err, typed.status) == (out, err, status)
