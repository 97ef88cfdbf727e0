"""What a machine tells of itself, in the words of the real programs."""

from __future__ import annotations

import json
import re

import pytest

from owlab.pocket.machines import usage


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        (
            "df -T /",
            r"Filesystem     Type 1K-blocks    Used Available Use% Mounted on\n/dev/vda1 .*",
        ),
        ("df -i /", r"Filesystem     Inodes IUsed  IFree IUse% Mounted on\n/dev/vda1 .*% /\n"),
        (
            "df -hT /home",
            r"Filesystem     Type  Size  Used Avail Use% Mounted on\n/dev/vda1      ext4.*",
        ),
        ("df --output=source,pcent /", r"Filesystem     Use%\n/dev/vda1       \d+%\n"),
        ("df -P / | head -1", r"Filesystem     1024-blocks .*Capacity Mounted on\n"),
        ("df -h --total | tail -1", r"total .* -\n"),
        ("free -h", r" {15}total .*\nMem: +991Mi .*\nSwap: +0B +0B +0B\n"),
        ("free -t | tail -1", r"Total: +\d+ +\d+ +\d+\n"),
        ("uptime -p", r"up \d+ minutes?\n"),
        ("uptime", r" \d\d:\d\d:\d\d up .*,  0 users,  load average: \d\.\d\d, .*\n"),
        ("uptime -s", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n"),
        ("who -b", r" {9}system boot  \d{4}-\d\d-\d\d \d\d:\d\d\n"),
        ("last | head -1", r"reboot   system boot  6\.8\.0-31-generic .*still running\n"),
        ("ip -br a", r"lo +UNKNOWN +127\.0\.0\.1/8 \nens3 +UP +[\d.]+/24 \n"),
        ("ip r | head -1", r"default via [\d.]+ dev ens3 proto dhcp src [\d.]+ metric 100 \n"),
        ("lscpu | grep -E '^(CPU\\(s\\)|Socket)'", r"CPU\(s\): +2\nSocket\(s\): +1\n"),
        ("hostnamectl | head -1", r" Static hostname: master\n"),
        ("timedatectl | sed -n 3p", r" {17}RTC time: .*\n"),
        ("vmstat | tail -1", r" 0  0 +0 +\d+ .*\n"),
        ("apt list --installed 2>/dev/null | sed -n 2p", r"apt/noble,now .* amd64 \[installed\]\n"),
        ("apt-cache search jq", r"jq - lightweight.*\n"),
        ("apt-mark showauto", r""),
    ],
)
async def test_shapes(on, line, shape):
    typed = await on("master", line)
    assert re.fullmatch(shape, typed.out, re.S), typed.out
    assert typed.err == ""


@pytest.mark.parametrize(
    ("line", "words", "status"),
    [
        ("df nofile", "df: nofile: No such file or directory\n", 1),
        ("df -x ext4", "df: no file systems processed\n", 1),
        ("apt-cache policy nosuch", "N: Unable to locate package nosuch\n", 0),
        (
            "apt-cache show nosuch",
            "N: Unable to locate package nosuch\nE: No packages found\n",
            100,
        ),
        ("apt-cache frob", "E: Invalid operation frob\n", 100),
        ("ip frob", 'Object "frob" is unknown, try "ip help".\n', 1),
        ("ip a show eth9", 'Device "eth9" does not exist.\n', 1),
        ("sudo ip addr add 10.0.0.9/24 dev ens3", "keeps its one address: no add\n", 2),
    ],
)
async def test_refusals(on, line, words, status):
    typed = await on("master", line)
    assert typed.err.endswith(words)
    assert typed.status == status


async def test_one_truth_about_memory_and_load(on, master):
    used, total = usage.memory(master)
    typed = await on("master", "free -b; awk '/MemTotal/{print $2}' /proc/meminfo")
    assert typed.out.split()[7:9] == [str(total), str(used)]
    assert typed.out.split()[-1] == str(total // 1024)
    assert len((await on("master", "cut -d' ' -f1-3 /proc/loadavg")).out.split()) == 3


async def test_other_archives_are_not_read_and_apt_says_so(on):
    source = "echo 'deb https://pkgs.k8s.io/x /' | sudo tee /etc/apt/sources.list.d/kubernetes.list"
    typed = await on("master", f"{source}; sudo apt-get update")
    assert "W: /etc/apt/sources.list.d/kubernetes.list is not read: the pocket lab" in typed.err


async def test_an_address_is_found_by_its_network(on, master):
    typed = await on("master", f"ip -o -4 address show to {master.address} | awk '{{print $2}}'")
    assert typed.out == "ens3\n"
    shown = json.loads((await on("master", "ip -j addr show ens3")).out)
    assert shown[0]["addr_info"][0]["local"] == master.address
