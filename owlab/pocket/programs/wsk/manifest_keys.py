"""Which keys a project's manifest may have where; wsk refuses any other."""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from owlab.pocket.ground.yaml_text import LOADER


@dataclass(frozen=True)
class MappingKeys:
    """A mapping with known keys. Below each key: any value, a shape, or several by free names."""

    name: str
    free: frozenset[str]
    shapes: dict[str, MappingKeys] = field(default_factory=dict)
    named: dict[str, MappingKeys] = field(default_factory=dict)
    deep: dict[str, tuple[int, MappingKeys]] = field(default_factory=dict)
    """Shapes below so many names."""


# Longer values are cut in an error.
SHOWN = 10


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


LIMITS = MappingKeys("Limits", _keys(
    "timeout memorySize logSize concurrentActivations userInvocationRate codeSize parameterSize"
))  # fmt: skip
ACTION = MappingKeys("Action", _keys(
    "name location version function code runtime namespace credential exposedUrl web-export web "
    "main docker native conductor inputs outputs description annotations include exclude"
), {"limits": LIMITS})  # fmt: skip
SEQUENCE = MappingKeys("Sequence", _keys("actions web annotations"))
TRIGGER = MappingKeys("Trigger", _keys(
    "feed namespace credential inputs name description annotations source"
))  # fmt: skip
RULE = MappingKeys("Rule", _keys("trigger action rule name description annotations"))
FEED = MappingKeys("Feed", _keys("namespace credential inputs location action operations name"))
DEPENDENCY = MappingKeys("Dependency", _keys("version location inputs annotations"))
API = MappingKeys("APIMethodResponse", _keys("method response"))
PACKAGE = MappingKeys("Package", _keys(
    "name version license public repositories namespace credential apiHost apigwAccessToken inputs "
    "description annotations"
), named={
    "actions": ACTION, "triggers": TRIGGER, "rules": RULE, "sequences": SEQUENCE, "feeds": FEED,
    "dependencies": DEPENDENCY,
}, deep={"apis": (4, API)})  # fmt: skip
PROJECT = MappingKeys("Project", _keys(
    "name namespace credential apiHost apigwAccessToken version inputs config"
), named={"packages": PACKAGE})  # fmt: skip
MANIFEST = MappingKeys("YAML", _keys("filepath"), {"project": PROJECT}, {"packages": PACKAGE})


def unknown(text: str | bytes) -> list[str]:
    """A line for each key of a manifest that has no meaning where it stands."""
    root = yaml.compose(text, LOADER)
    return _unknown(root, MANIFEST) if root is not None else []


def _unknown(node: yaml.Node, shape: MappingKeys) -> list[str]:
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


def _below(node: yaml.Node, depth: int, shape: MappingKeys) -> list[str]:
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
