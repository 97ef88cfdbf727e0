"""Which keys a project's manifest may have where; wsk refuses any other."""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from owlab.pocket.programs.wsk.goerrors import LOADER


@dataclass(frozen=True)
class Shape:
    """A mapping with known keys. Below each key: any value, a shape, or several by free names."""

    name: str
    free: frozenset[str]
    shapes: dict[str, Shape] = field(default_factory=dict)
    named: dict[str, Shape] = field(default_factory=dict)


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


LIMITS = Shape("Limits", _keys(
    "timeout memorySize logSize concurrentActivations userInvocationRate codeSize parameterSize"
))  # fmt: skip
ACTION = Shape("Action", _keys(
    "name location version function code runtime namespace credential exposedUrl web-export web "
    "main docker native conductor inputs outputs description annotations include exclude"
), {"limits": LIMITS})  # fmt: skip
SEQUENCE = Shape("Sequence", _keys("actions web annotations"))
TRIGGER = Shape("Trigger", _keys(
    "feed namespace credential inputs name description annotations source"
))  # fmt: skip
RULE = Shape("Rule", _keys("trigger action rule name description annotations"))
FEED = Shape("Feed", _keys("namespace credential inputs location action operations name"))
DEPENDENCY = Shape("Dependency", _keys("version location inputs annotations"))
PACKAGE = Shape("Package", _keys(
    "name version license public repositories namespace credential apiHost apigwAccessToken inputs "
    "description annotations apis"
), named={
    "actions": ACTION, "triggers": TRIGGER, "rules": RULE, "sequences": SEQUENCE, "feeds": FEED,
    "dependencies": DEPENDENCY,
})  # fmt: skip
PROJECT = Shape("Project", _keys(
    "name namespace credential apiHost apigwAccessToken version inputs config"
), named={"packages": PACKAGE})  # fmt: skip
MANIFEST = Shape("YAML", _keys("filepath"), {"project": PROJECT}, {"packages": PACKAGE})


def unknown(text: str | bytes) -> list[str]:
    """A line for each key of a manifest that has no meaning where it stands."""
    root = yaml.compose(text, LOADER)
    return _unknown(root, MANIFEST) if root is not None else []


def _unknown(node: yaml.Node, shape: Shape) -> list[str]:
    found: list[str] = []
    for key, value in _pairs(node):
        name = str(key.value)
        if name in shape.shapes:
            found += _unknown(value, shape.shapes[name])
        elif name in shape.named:
            for _, inner in _pairs(value):
                found += _unknown(inner, shape.named[name])
        elif name not in shape.free:
            line = key.start_mark.line + 1
            found.append(f"line {line}: field {name} not found in type parsers.{shape.name}")
    return found


def _pairs(node: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    return list(node.value) if isinstance(node, yaml.MappingNode) else []
