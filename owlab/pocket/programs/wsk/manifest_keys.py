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
    deep: dict[str, tuple[int, Shape]] = field(default_factory=dict)
    """Shapes below so many names."""


# Longer values are cut in an error.
SHOWN = 10


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
API = Shape("APIMethodResponse", _keys("method response"))
PACKAGE = Shape("Package", _keys(
    "name version license public repositories namespace credential apiHost apigwAccessToken inputs "
    "description annotations"
), named={
    "actions": ACTION, "triggers": TRIGGER, "rules": RULE, "sequences": SEQUENCE, "feeds": FEED,
    "dependencies": DEPENDENCY,
}, deep={"apis": (4, API)})  # fmt: skip
PROJECT = Shape("Project", _keys(
    "name namespace credential apiHost apigwAccessToken version inputs config"
), named={"packages": PACKAGE})  # fmt: skip
MANIFEST = Shape("YAML", _keys("filepath"), {"project": PROJECT}, {"packages": PACKAGE})


def unknown(text: str | bytes) -> list[str]:
    """A line for each key of a manifest that has no meaning where it stands."""
    root = yaml.compose(text, LOADER)
    return _unknown(root, MANIFEST) if root is not None else []


def _unknown(node: yaml.Node, shape: Shape) -> list[str]:
    if wrong := _no_mapping(node, f"parsers.{shape.name}"):
        return [wrong]
    found: list[str] = []
    for key, value in _pairs(node):
        name = str(key.value)
        if name in shape.shapes:
            found += _unknown(value, shape.shapes[name])
        elif name in shape.named:
            found += _below(value, 1, shape.named[name])
        elif name in shape.deep:
            found += _below(value, *shape.deep[name])
        elif name not in shape.free:
            line = key.start_mark.line + 1
            found.append(f"line {line}: field {name} not found in type parsers.{shape.name}")
    return found


def _below(node: yaml.Node, depth: int, shape: Shape) -> list[str]:
    """What is wrong below so many free names."""
    if not depth:
        return _unknown(node, shape)
    kind = "map[string]" * depth + f"parsers.{shape.name}"
    if wrong := _no_mapping(node, kind):
        return [wrong]
    return [line for _, inner in _pairs(node) for line in _below(inner, depth - 1, shape)]


def _no_mapping(node: yaml.Node, kind: str) -> str:
    """Go's sentence for a value where a mapping should be; nothing for none at all."""
    tag = node.tag.rpartition(":")[2]
    if isinstance(node, yaml.MappingNode) or tag == "null":
        return ""
    text = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    shown = f" `{text if len(text) <= SHOWN else text[:7] + '...'}`" if text else ""
    return f"line {node.start_mark.line + 1}: cannot unmarshal !!{tag}{shown} into {kind}"


def _pairs(node: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    return list(node.value) if isinstance(node, yaml.MappingNode) else []
