"""``wsk project deploy --preview``: what a manifest asks for, as wsk lists it."""

from __future__ import annotations

import json
from typing import Any

from owlab.pocket.programs.wsk.goerrors import plain_value
from owlab.pocket.programs.wsk.manifest import DeploymentPlan
from owlab.pocket.programs.wsk.manifest_actions import DEFAULT

Document = dict[str, Any]


def preview(plan: DeploymentPlan) -> str:
    """The packages with their actions, then triggers, then rules."""
    lines = ["Packages:"]
    names = list(plan.packages)
    if any("/" not in name for name in plan.actions):
        names.append(DEFAULT)
    for name in names:
        lines += [f"Name: {name}", *_bindings(plan.packages.get(name, {}))]
        for label, body in plan.bindings.items() if name == names[0] else ():
            target = body["binding"]
            lines += [f"  * dependency: {label}"]
            lines += [f"    location: /{target['namespace']}/{target['name']}"]
        lines.append("")
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
        trigger, action = (_target(body[what]) for what in ("trigger", "action"))
        lines += [f"* rule: {name}", *_annotations(body)]
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
        f"        - {pair['key']} : {json.dumps(pair['value'], indent=2, ensure_ascii=False)}"
        for pair in body.get("parameters") or []
    ]
    return ["    bindings: ", *rows, *_annotations(body)]


def _annotations(body: Document) -> list[str]:
    rows = [
        f"        - {p['key']} : {plain_value(p['value'])}" for p in body.get("annotations") or []
    ]
    return ["    annotation: ", *rows]


def _target(given: object) -> str:
    """A rule's trigger or action, from a manifest or from the server."""
    if isinstance(given, dict):
        return f"{given['path']}/{given['name']}"
    return str(given).split("/", 2)[2]
