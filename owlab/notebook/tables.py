"""Every table of the lab as a pandas DataFrame, read anew at each call from JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from owlab import extras
from owlab.guide import STEPS, for_lab
from owlab.lab import Lab
from owlab.language import _
from owlab.notebook import read

if TYPE_CHECKING:
    import pandas as pd

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


def machines(lab: Lab) -> pd.DataFrame:
    """The machines: what they are, what they get, their state and address."""
    return _frame("machines", read.machines(lab))


def nodes(lab: Lab) -> pd.DataFrame:
    """The nodes: ready, roles, version; ``openwhisk_role`` is the label of section 6.1."""
    return _frame("nodes", read.nodes(lab))


def pods(lab: Lab, namespace: str | None = None) -> pd.DataFrame:
    """The pods of one namespace (all by default); ``ready`` of ``containers`` are ready."""
    return _frame("pods", read.pods(lab, namespace))


def claims(lab: Lab, namespace: str | None = None) -> pd.DataFrame:
    """The claims for volumes: to which storage class, and bound or not."""
    return _frame("claims", read.claims(lab, namespace))


def volumes(lab: Lab) -> pd.DataFrame:
    """The volumes: for which claim, and on which server and path their data is."""
    return _frame("volumes", read.volumes(lab))


def activations(lab: Lab, limit: int = 30) -> pd.DataFrame:
    """The newest calls of functions: cold or warm, how long, how they ended."""
    return _frame("activations", read.activations(lab, limit))


def steps(lab: Lab) -> pd.DataFrame:
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
    return _frame("steps", rows)


def timings(lab: Lab) -> pd.DataFrame:
    """How long each command and each step took, from the lab's journal, oldest first."""
    extras.need("plots")
    import pandas as pd

    rows = [
        {**entry, "what": str(entry["kind"]).partition("-")[0]}
        for entry in lab.journal.entries()
        if "seconds" in entry
    ]
    frame = _frame("timings", rows)
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    return frame


def _frame(name: str, rows: list[read.Row]) -> pd.DataFrame:
    extras.need("plots")
    import pandas as pd  # half a second: only where a table is shown

    pd.set_option("display.width", 160)  # the text form of a table: one line a row
    pd.set_option("display.max_columns", 20)
    return pd.DataFrame(rows, columns=list(COLUMNS[name]))
