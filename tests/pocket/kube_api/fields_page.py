"""Writes the page about fields that the pocket cluster does not act on.

``python -m tests.pocket.kube_api.fields_page`` after a change of ``support.toml``; a test tells
when the two differ.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from owlab.pocket.kube.kinds import KINDS
from owlab.pocket.kube.schemas.support import support
from owlab.pocket.kube.schemas.types import go_name, model_of

FILE = Path(__file__).parents[3] / "docs" / "kubernetes-fields.md"
_HEAD = """# Fields that the pocket cluster does not act on

The pocket cluster obeys a field, refuses it as Kubernetes would, or warns of it. These are the
fields of the third sort: they are kept with the object, nothing in the lab acts on them, and
`kubectl` prints a `Warning:` where one is set. Values in parentheses change nothing in the lab, so
nothing is said of them. What is below a field in this list is not listed.

This page is generated from `owlab/pocket/kube/schemas/support.toml`, which also says who obeys each
of the other fields.

| Where | Fields |
| --- | --- |
"""


def page() -> str:
    """The page's text."""
    kinds = {model_of(kind.api_version, kind.kind): kind for kind in KINDS}
    rows = []
    for model, known in support().items():
        warned = known.get("warned", {})
        if not warned:
            continue
        kind = kinds.get(model)
        title = f"{kind.kind} (`{kind.api_version}`)" if kind else go_name(model)[1]
        rows.append(f"| {title} | {', '.join(_field(name, warned[name]) for name in warned)} |")
    return _HEAD + "\n".join(sorted(rows)) + "\n"


def _field(name: str, quiet: list[Any]) -> str:
    shown = ", ".join(f"`{json.dumps(value)}`" for value in quiet if value != "")
    return f"`{name}`" + (f" ({shown})" if shown else "")


if __name__ == "__main__":
    FILE.write_text(page())
