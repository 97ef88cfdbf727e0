"""Options of NFS as `mount` reads them, and as the table of mounts shows them (nfs(5))."""

from __future__ import annotations

import pytest

from owlab.pocket.machines.nfs_options import WRONG, options_of


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("", "rw,vers=4.2,hard,proto=tcp,addr=10.0.0.1"),
        ("ro", "ro,vers=4.2,hard,proto=tcp,addr=10.0.0.1"),
        ("ro,rw", "rw,vers=4.2,hard,proto=tcp,addr=10.0.0.1"),
        ("vers=3", "rw,vers=3,hard,proto=tcp,addr=10.0.0.1"),
        ("nfsvers=4", "rw,vers=4.2,hard,proto=tcp,addr=10.0.0.1"),
        ("v4.1", "rw,vers=4.1,hard,proto=tcp,addr=10.0.0.1"),
        ("v3", "rw,vers=3,hard,proto=tcp,addr=10.0.0.1"),
        ("soft,timeo=30", "rw,vers=4.2,proto=tcp,soft,timeo=30,addr=10.0.0.1"),
        ("softerr", "rw,vers=4.2,proto=tcp,softerr,addr=10.0.0.1"),
        ("proto=udp", "rw,vers=4.2,hard,proto=udp,addr=10.0.0.1"),
        ("timeo=1,timeo=2", "rw,vers=4.2,hard,proto=tcp,timeo=2,addr=10.0.0.1"),
        (
            "rsize=1048576,noatime,hard,defaults,_netdev",
            "rw,vers=4.2,hard,proto=tcp,rsize=1048576,noatime,addr=10.0.0.1",
        ),
        (",,ro,", "ro,vers=4.2,hard,proto=tcp,addr=10.0.0.1"),
        (
            "x-systemd.automount,comment=mine,noauto",
            "rw,vers=4.2,hard,proto=tcp,addr=10.0.0.1",
        ),
        ("sec=sys,nolock", "rw,vers=4.2,hard,proto=tcp,sec=sys,nolock,addr=10.0.0.1"),
    ],
)
def test_what_the_table_shows(text, table):
    assert options_of(text).table("10.0.0.1") == table


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nonsense", WRONG),
        ("ro=1", WRONG),
        ("timeo", WRONG),
        ("timeo=x", WRONG),
        ("timeo=", WRONG),
        ("proto=ipx", WRONG),
        ("sec=none!", WRONG),
        ("ro,nope", WRONG),
        ("vers=2", "mount.nfs: Protocol not supported"),
        ("v2", "mount.nfs: Protocol not supported"),
        ("vers=5", f"mount.nfs: parsing error on 'vers=' option\n{WRONG}"),
        ("nfsvers=x", f"mount.nfs: parsing error on 'nfsvers=' option\n{WRONG}"),
    ],
)
def test_what_is_refused(text, problem):
    with pytest.raises(ValueError, match="mount") as raised:
        options_of(text)
    assert str(raised.value) == problem
