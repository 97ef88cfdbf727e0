"""What each provider says of itself: the steps, `owlab down` and the form go by it."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from owlab.machines.cluster import ClusterProvider
from owlab.machines.containers import K3dProvider, KindProvider
from owlab.machines.multipass import MultipassProvider
from owlab.machines.provider import Provider
from owlab.machines.ssh import SshProvider


class Says(NamedTuple):
    simulated: bool
    has_machines: bool
    creates_machines: bool
    fresh_ubuntu: bool
    is_all_in_its_folder: bool


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        (MultipassProvider, "multipass", Says(False, True, True, True, False)),
        (SshProvider, "ssh", Says(False, True, False, False, False)),
        (ClusterProvider, "cluster", Says(False, False, False, False, False)),
        (KindProvider, "kind", Says(False, False, True, False, False)),
        (K3dProvider, "k3d", Says(False, False, True, False, False)),
    ],
)
def test_what_a_provider_says_of_itself(kind: type[Provider], name: str, says: Says) -> None:
    assert kind.name == name
    assert Says(*(getattr(kind, field) for field in Says._fields)) == says
