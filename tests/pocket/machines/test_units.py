"""Units of a machine: what they are known by."""

from __future__ import annotations

from owlab.pocket.machines.units import KINDS, pid


def test_each_service_is_a_process_of_its_own() -> None:
    """The same one each time, and none of the first, which are the kernel's and systemd's."""
    numbers = {unit: pid(unit) for unit in (*KINDS, "web", "bew1", "a", "nginx-proxy")}
    assert len(set(numbers.values())) == len(numbers)
    assert all(600 < number < 9600 for number in numbers.values())
    assert numbers == {unit: pid(unit) for unit in numbers}
