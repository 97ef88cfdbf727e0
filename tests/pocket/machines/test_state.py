"""What a machine knows is kept as JSON and comes back as it was, also what older labs stored."""

from __future__ import annotations

import json

from owlab.pocket.machines.nfs_exports import Export
from owlab.pocket.machines.snapshots import Snapshot
from owlab.pocket.machines.state import (
    AgentToken,
    AptPackages,
    InstalledSnap,
    K3s,
    MachineState,
    Mount,
    Unit,
)


def test_there_and_back() -> None:
    state = MachineState(
        units={"k3s": Unit(active=True, since="2026-01-01T00:00:00Z")},
        packages=AptPackages({"zip": "3.0"}, ["vim"], ["rpcbind"]),
        snaps={"helm": InstalledSnap("4.2", 7, "latest/stable")},
        images=["docker.io/library/nginx:1"],
        exports=[Export("/srv", "*", ("rw", "sync"))],
        mounts=[Mount("storage:/srv", "/mnt", "storage", "ro,vers=4.2")],
        journal={"k3s": [["t", "by", "text"]]},
        k3s=K3s("agent", "v1", ["--x"], tokens=[AgentToken("a", "b")]),
        snapshot_parent="one",
    )
    kept = json.loads(json.dumps(state.as_json()))
    assert MachineState.from_json(kept) == state
    assert state.mounts[0].read_only and state.mounts[0].exported == "/srv"
    assert state.k3s.unit == "k3s-agent"


def test_what_an_earlier_version_kept() -> None:
    kept = {
        "units": {"ssh": {"active": True, "enabled": True, "gone": 1}},
        "owners": {"/x": "nobody:nogroup"},
        "k3s": {"role": "server", "unknown": True},
    }
    state = MachineState.from_json(kept)
    assert state.units["ssh"] == Unit(active=True, enabled=True)
    assert state.k3s == K3s(role="server")
    assert MachineState.from_json({}) == MachineState()


def test_a_snapshot_there_and_back() -> None:
    files = [["/", "directory", 493, "", 0, 0, 1.0, -1]]
    taken = Snapshot(MachineState(images=["a"]), files, "2026-01-01T00:00:00Z", "one", "before")
    kept = json.loads(json.dumps(taken.as_json()))
    assert Snapshot.from_json(kept) == taken
    assert list(kept) == ["parent", "comment", "created", "state", "files"], "as earlier versions"


def test_a_copy_changes_by_itself() -> None:
    state = MachineState(units={"ssh": Unit(active=True)}, journal={"ssh": [["t", "by", "text"]]})
    copied = state.copy()
    copied.units["ssh"].active = False
    copied.journal["ssh"].append(["t", "by", "more"])
    assert state.units["ssh"].active and len(state.journal["ssh"]) == 1
