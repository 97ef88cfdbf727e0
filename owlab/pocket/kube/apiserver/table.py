"""``kubectl get``: objects as a ``Table`` of ``meta.k8s.io/v1``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.apiserver.versions import shown
from owlab.pocket.kube.columns import columns
from owlab.pocket.kube.kinds import Kind


def table(
    kind: Kind, objects: list[Object], metadata: dict[str, Any], include: str, heading: bool = True
) -> Object:
    """A table of objects of one kind.

    :param include: ``None``, ``Metadata`` or ``Object``: how much of each object goes with its row.
    """
    shape = columns(kind)
    definitions = [
        {
            "name": name,
            "type": "string",
            "format": "name" if name == "Name" else "",
            "description": name,
            "priority": int(wide),
        }
        for name, _, wide in shape
    ]
    rows = [
        {
            "cells": [_cell(cell, obj) for _, cell, _ in shape],
            "object": _carried(kind, obj, include),
        }
        for obj in objects
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions if heading else [],
        "rows": rows,
    }


def _cell(cell: Callable[[Object], Any], obj: Object) -> Any:
    """One odd object must not keep all the others from being seen."""
    try:
        return cell(obj)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        return "<unknown>"


def _carried(kind: Kind, obj: Object, include: str) -> Object | None:
    if include == "Object":
        return shown(kind, obj)
    if include == "None":
        return None
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj["metadata"],
    }
