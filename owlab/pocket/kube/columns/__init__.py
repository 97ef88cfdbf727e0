"""The columns of ``kubectl get``: one file a topic; custom kinds say theirs themselves."""

from __future__ import annotations

from owlab.pocket.kube.columns import (
    administration,
    authorization,
    networking,
    persistence,
    pods,
    workloads,
)
from owlab.pocket.kube.columns.cells import AGE, NAME, Column
from owlab.pocket.kube.columns.printed import printed_columns
from owlab.pocket.kube.kinds import Kind

_COLUMNS: dict[str, list[Column]] = {
    **authorization.COLUMNS,
    **administration.COLUMNS,
    **networking.COLUMNS,
    **pods.COLUMNS,
    **persistence.COLUMNS,
    **workloads.COLUMNS,
}


def columns(kind: Kind) -> list[Column]:
    """The columns of a kind; name and age where it has no others."""
    if kind.printed:
        return [NAME, *printed_columns(kind.printed)]
    return _COLUMNS.get(kind.built_in, [NAME, AGE])
