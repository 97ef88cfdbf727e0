"""What the status of a namespace that ends tells: what is left in it, and what holds that back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.kinds import Kind

Condition = tuple[str, str, str, str]
"""Type, status, reason and message."""


def left_over(remaining: Sequence[tuple[Kind, Object]]) -> Iterator[Condition]:
    """The five conditions, in the words of Kubernetes' namespace controller."""
    yield (
        "NamespaceDeletionDiscoveryFailure",
        "False",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    )
    yield (
        "NamespaceDeletionGroupVersionParsingFailure",
        "False",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    )
    yield (
        "NamespaceDeletionContentFailure",
        "False",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    )
    kinds = Counter(f"{kind.plural}.{kind.group}" for kind, _ in remaining)
    yield (
        "NamespaceContentRemaining",
        "True",
        "SomeResourcesRemain",
        f"Some resources are remaining: {_counted('has', kinds, 'resource instances')}",
    )
    holders = Counter(f for _, obj in remaining for f in obj["metadata"].get("finalizers") or ())
    if holders:
        said = _counted("in", holders, "resource instances")
        yield (
            "NamespaceFinalizersRemaining",
            "True",
            "SomeFinalizersRemain",
            f"Some content in the namespace has finalizers remaining: {said}",
        )
    else:
        yield (
            "NamespaceFinalizersRemaining",
            "False",
            "ContentHasNoFinalizers",
            "All content-preserving finalizers finished",
        )


def _counted(verb: str, found: Counter[str], what: str) -> str:
    return ", ".join(f"{name} {verb} {found[name]} {what}" for name in sorted(found))
