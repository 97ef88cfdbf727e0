"""Selectors of nodes: labels, expressions, fields; taints and what tolerates them."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors


def matches_node(spec: Object, node: Object) -> bool:
    """``nodeSelector`` and the required node affinity of a pod choose this node."""
    labels = node["metadata"].get("labels") or {}
    wanted = spec.get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return required is None or chosen_by(required, node)


def selects_nodes(spec: Object) -> bool:
    """A pod does not take just any node."""
    return bool(spec.get("nodeSelector") or (spec.get("affinity") or {}).get("nodeAffinity"))


def chosen_by(selector: Object, node: Object) -> bool:
    """One of the terms of a node selector matches."""
    return any(term_matches(term, node) for term in selector.get("nodeSelectorTerms") or ())


def term_matches(term: Object, node: Object) -> bool:
    """All expressions of a term match; an empty term matches nothing."""
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    labels = node["metadata"].get("labels") or {}
    names = {"metadata.name": node["metadata"]["name"]}
    return all(_expression(e, labels) for e in expressions) and all(
        _expression(e, names) for e in fields
    )


def _expression(expression: Object, labels: Mapping[str, str]) -> bool:
    if expression["operator"] not in ("Gt", "Lt"):
        return selectors.expression_matches(expression, labels)
    # Only nodes are compared by numbers. What is no number matches nothing.
    try:
        have, limit = int(labels[expression["key"]]), int(expression["values"][0])
    except (KeyError, ValueError, IndexError):
        return False
    return have > limit if expression["operator"] == "Gt" else have < limit


def tolerates(spec: Object, taint: Object) -> bool:
    """One of a pod's tolerations is for this taint."""
    return any(_matches(toleration, taint) for toleration in spec.get("tolerations") or ())


def _matches(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    key = toleration.get("key") or ""
    if toleration.get("operator") == "Exists":
        return key in ("", taint["key"])
    same = toleration.get("value", "") == taint.get("value", "")
    return bool(key == taint["key"] and same)


def toleration_seconds(spec: Object, taint: Object) -> float | None:
    """How long a pod stays on a node with a ``NoExecute`` taint: None is for ever, 0 not at all."""
    seconds = [
        toleration.get("tolerationSeconds")
        for toleration in spec.get("tolerations") or ()
        if _matches(toleration, taint)
    ]
    if not seconds:
        return 0.0
    limits = [float(second) for second in seconds if second is not None]
    return max(min(limits), 0.0) if limits else None
