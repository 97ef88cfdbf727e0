"""Multipass 1.17's own samples, character by character."""

from __future__ import annotations

import json

import yaml

from owlab.pocket.multipass import formats
from owlab.pocket.multipass.report import MachineRow

FOO = MachineRow(
    name="foo",
    state="Running",
    release="Ubuntu 16.04 LTS",
    image_hash="1797c5c82016c1e65f4008fcf89deae3a044ef76087a9ec5b907c6d64a3609ac",
    image_release="16.04 LTS",
    ipv4=["10.168.32.2", "200.3.123.29"],
    snapshots=0,
    full_release="Ubuntu 16.04.3 LTS",
    cpus="1",
    load=[0.45, 0.51, 0.15],
    disk=(1288490188, 5153960756),
    memory=(60817408, 1503238554),
    mounts={
        "foo": {
            "uid_mappings": ["1000:1000"],
            "gid_mappings": ["1000:1000"],
            "source_path": "/home/user/foo",
        },
        "test_dir": {
            "uid_mappings": ["1000:1000"],
            "gid_mappings": ["1000:1000"],
            "source_path": "/home/user/test_dir",
        },
    },
)
STOPPED = MachineRow(
    name="bombastic",
    state="Stopped",
    release="Ubuntu 18.04 LTS",
    image_hash="ab5191cc172564e7cc0eafd397312a32598823e645279c820f0935393aead509",
    image_release="18.04 LTS",
    ipv4=[],
    snapshots=3,
    zone={"name": "zone2", "available": False},
)


def test_list_as_json() -> None:
    assert (
        formats.listing([STOPPED], "json")
        == """\
{
    "list": [
        {
            "name": "bombastic",
            "state": "Stopped",
            "ipv4": [
            ],
            "release": "Ubuntu 18.04 LTS",
            "zone": {
                "name": "zone2",
                "available": false
            }
        }
    ]
}
"""
    )


def test_an_empty_list() -> None:
    assert formats.listing([], "json") == '{\n    "list": [\n    ]\n}\n'
    assert formats.listing([], "table") == "No instances found.\n"
    assert formats.listing([], "csv") == "Name,State,IPv4,Release,AllIPv4,Zone,Zone available\n"


def test_list_as_a_table() -> None:
    assert (
        formats.listing([FOO, STOPPED], "table", zones=True)
        == """\
Name                    State             IPv4             Image               Zone
foo                     Running           10.168.32.2      Ubuntu 16.04 LTS    zone1
                                          200.3.123.29
bombastic               Stopped           --               Ubuntu 18.04 LTS    zone2(n/a)
"""
    )
    assert formats.listing([STOPPED], "table") == (
        "Name                    State             IPv4             Image\n"
        "bombastic               Stopped           --               Ubuntu 18.04 LTS\n"
    )


def test_list_as_csv() -> None:
    assert (
        formats.listing([FOO, STOPPED], "csv")
        == """\
Name,State,IPv4,Release,AllIPv4,Zone,Zone available
foo,Running,10.168.32.2,Ubuntu 16.04 LTS,"10.168.32.2,200.3.123.29",zone1,true
bombastic,Stopped,,Ubuntu 18.04 LTS,"",zone2,false
"""
    )


def test_info_as_a_table() -> None:
    assert (
        formats.details([FOO], "table", zones=True)
        == """\
Name:           foo
State:          Running
Zone:           zone1
Snapshots:      0
IPv4:           10.168.32.2
                200.3.123.29
Release:        Ubuntu 16.04.3 LTS
Image hash:     1797c5c82016 (Ubuntu 16.04 LTS)
CPU(s):         1
Load:           0.45 0.51 0.15
Disk usage:     1.2GiB out of 4.8GiB
Memory usage:   58.0MiB out of 1.4GiB
Mounts:         /home/user/foo      => foo
                    UID map: 1000:1000
                    GID map: 1000:1000
                /home/user/test_dir => test_dir
                    UID map: 1000:1000
                    GID map: 1000:1000
"""
    )


def test_info_as_csv() -> None:
    line = formats.details([FOO], "csv").splitlines()[1]
    assert line == (
        "foo,Running,zone1,true,10.168.32.2,Ubuntu 16.04.3 LTS,"
        "1797c5c82016c1e65f4008fcf89deae3a044ef76087a9ec5b907c6d64a3609ac,16.04 LTS,"
        "0.45 0.51 0.15,1288490188,5153960756,60817408,1503238554,"
        "/home/user/foo => foo;/home/user/test_dir => test_dir,10.168.32.2;200.3.123.29,1,0"
    )


def test_info_as_json() -> None:
    found = json.loads(formats.details([FOO, STOPPED], "json"))
    assert found["errors"] == []
    assert list(found["info"]) == ["foo", "bombastic"]
    foo, stopped = found["info"]["foo"], found["info"]["bombastic"]
    assert foo["cpu_count"] == "1"
    assert foo["disks"] == {"sda1": {"used": "1288490188", "total": "5153960756"}}
    assert foo["memory"] == {"used": 60817408, "total": 1503238554}
    assert stopped["cpu_count"] == ""
    assert stopped["disks"] == {"sda1": {}}
    assert stopped["memory"] == {}
    assert stopped["load"] == []
    assert stopped["snapshot_count"] == "3"


def test_yaml_is_yaml() -> None:
    assert yaml.safe_load(formats.listing([STOPPED], "yaml"))["bombastic"][0]["ipv4"] == []
    assert yaml.safe_load(formats.details([FOO], "yaml"))["foo"][0]["state"] == "Running"
