"""What a machine of an earlier owlab is given, and what its user has written stays."""

from __future__ import annotations

import pytest

from owlab.pocket.machines import images
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.welcome import EARLIER_PROFILE, MOTD, STARTUP
from owlab.pocket.service.lab import PocketLab

PROFILE = "/home/ubuntu/.profile"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (EARLIER_PROFILE, STARTUP[PROFILE]),
        (None, STARTUP[PROFILE]),
        ("", ""),
        ("# mine\n", "# mine\n"),
        ("zzz\n", "zzz\n"),
        (f"{EARLIER_PROFILE}export A=1\n", f"{EARLIER_PROFILE}export A=1\n"),
    ],
)
def test_a_machine_of_an_earlier_owlab(tmp_path, before: str | None, after: str) -> None:
    machine = Machine("old", "127.9.8.7", PocketLab(tmp_path))
    images.install(machine)
    for path in {**MOTD, **STARTUP}:
        machine.files.remove(path)
    if before is not None:
        machine.files.write_file(PROFILE, before.encode())
    images.add_startup(machine)
    assert machine.read(PROFILE) == after.encode()
    for path, text in {**MOTD, **STARTUP}.items():
        if path != PROFILE:
            assert machine.read(path) == text.encode()
    modes = {path: machine.files.look(path).mode & 0o777 for path in (*MOTD, *STARTUP)}
    assert {modes[path] for path in MOTD} == {0o755}
    assert {modes[path] for path in STARTUP if path not in MOTD} == {0o644}
    machine.files.write_file(PROFILE, EARLIER_PROFILE.encode())
    images.add_startup(machine)
    assert machine.read(PROFILE) == EARLIER_PROFILE.encode(), "it is of this owlab by now"
