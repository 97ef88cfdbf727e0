"""``wsk project deploy --preview``: what a manifest asks for, as wsk lists it."""

from __future__ import annotations

import json
from typing import Any

from owlab.pocket.programs.wsk.manifest import DEFAULT, DeploymentPlan

Document = dict[str, Any]


def preview(plan: DeploymentPlan) -> str:
    """The packages with their actions, then triggers, then rules."""
    lines = ["Packages:"]
    names = list(plan.packages)
    if any("/" not in name for name in plan.actions):
        names.append(DEFAULT)
    for name in names:
        lines += [f"Name: {name}", *_bindings(plan.packages.get(name, {})), ""]
        inside = _inside(plan, name)
        for kind, wanted in (("action", False), ("sequence", True)):
            for action, body in inside.items():
                if (body["exec"].get("kind") == "sequence") is wanted:
                    told = _bindings(body) if not wanted else _annotations(body)
                    lines += [f"  * {kind}: {action}", *told]
            lines.append("")
    lines.append("Triggers:")
    for name, body in plan.triggers.items():
        lines += [f"* trigger: {name}", *_bindings(body)]
    lines += ["", "Rules"]
    for name, body in plan.rules.items():
        trigger, action = (body[what].split("/", 2)[2] for what in ("trigger", "action"))
        lines += [f"* rule: {name}", "    annotation: "]
        lines += [f"    - trigger: {trigger}", f"    - action: {action}"]
    return "\n".join([*lines, "", ""])


def _inside(plan: DeploymentPlan, package: str) -> dict[str, Document]:
    prefix = "" if package == DEFAULT else f"{package}/"
    return {
        name.removeprefix(prefix): body
        for name, body in plan.actions.items()
        if name.startswith(prefix) and "/" not in name.removeprefix(prefix)
    }


def _bindings(body: Document) -> list[str]:
    rows = [
        f"        - {pair['key']} : {json.dumps(pair['value'], ensure_ascii=False)}"
        for pair in body.get("parameters") or []
    ]
    return ["    bindings: ", *rows, *_annotations(body)]


def _annotations(body: Document) -> list[str]:
    rows = [f"        - {p['key']} : {_plain(p['value'])}" for p in body.get("annotations") or []]
    return ["    annotation: ", *rows]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
