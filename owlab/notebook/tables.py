"""Every table of the lab, read anew at each call from JSON."""

from __future__ import annotations

from datetime import datetime

from owlab import observed
from owlab.guide import STEPS, for_lab
from owlab.lab import Lab
from owlab.language import _
from owlab.notebook.lab_table import LabTable

COLUMNS = {
    "machines": ("name", "role", "state", "ipv4", "release", "cpus", "memory", "disk"),
    "nodes": (
        *("name", "ready", "roles", "openwhisk_role"),
        *("version", "architecture", "ipv4", "age_s"),
    ),
    "pods": ("namespace", "name", "ready", "containers", "status", "restarts", "node", "age_s"),
    "claims": ("namespace", "name", "status", "storage_class", "capacity", "volume"),
    "volumes": ("name", "status", "storage_class", "capacity", "claim", "server", "path"),
    "activations": (
        *("activation", "action", "kind", "start", "duration_ms"),
        *("init_ms", "wait_ms", "status", "time"),
    ),
    "steps": ("section", "step", "title", "done", "evidence"),
    "timings": ("time", "what", "step", "machine", "command", "seconds", "exit_code"),
}
"""The columns of each table. An empty table has them as well."""


def machines(lab: Lab) -> LabTable:
    """The machines: what they are, what they get, their state and address."""
    return _table("machines", observed.machines(lab))


def nodes(lab: Lab) -> LabTable:
    """The nodes: ready, roles, version; ``openwhisk_role`` is the label of section 6.1."""
    return _table("nodes", observed.nodes(lab))


def pods(lab: Lab, namespace: str | None = None) -> LabTable:
    """The pods of one namespace (all by default); ``ready`` of ``containers`` are ready."""
    return _table("pods", observed.pods(lab, namespace))


def claims(lab: Lab, namespace: str | None = None) -> LabTable:
    """The claims for volumes: to which storage class, and bound or not."""
    return _table("claims", observed.claims(lab, namespace))


def volumes(lab: Lab) -> LabTable:
    """The volumes: for which claim, and on which server and path their data is."""
    return _table("volumes", observed.volumes(lab))


def activations(lab: Lab, limit: int = 30) -> LabTable:
    """The newest calls of functions: cold or warm, how long, how they ended."""
    return _table("activations", observed.activations(lab, limit))


def steps(lab: Lab) -> LabTable:
    """Every step of the guide: done or not, and the evidence."""
    rows = []
    for step in (for_lab(lab, each) for each in STEPS):
        seen = step.state(lab)
        rows.append(
            {
                "section": step.section,
                "step": step.key,
                "title": _(step.title),
                "done": seen.done,
                "evidence": seen.why,
            }
        )
    return _table("steps", rows)


def timings(lab: Lab) -> LabTable:
    """How long each command and each step took, from the lab's journal, oldest first."""
    rows = [
        {
            **entry,
            "what": str(entry["kind"]).partition("-")[0],
            "time": datetime.fromisoformat(entry["time"]),
        }
        for entry in lab.journal.entries()
        if "seconds" in entry
    ]
    return _table("timings", rows)


def _table(name: str, rows: list[observed.Row]) -> LabTable:
    return LabTable(COLUMNS[name], rows)
