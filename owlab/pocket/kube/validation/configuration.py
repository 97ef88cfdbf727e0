"""ConfigMaps, Secrets, definitions of kinds, and what is bound to roles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.schemas import patterns, schema_rules
from owlab.pocket.kube.validation.causes import Causes, at, unsupported, wrong

MOST_BYTES = 1 << 20
"""Of all that a ConfigMap or a Secret holds."""
_KEY = "[-._a-zA-Z0-9]+"
_KEY_TEXT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',"
    f"  or 'KEY_NAME',  or 'key-name', regex used for validation is '{_KEY}')"
)
_NEEDED = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}


def config_map(obj: Object) -> Causes:
    """A ConfigMap."""
    causes = [*_keys(obj, "data"), *_keys(obj, "binaryData")]
    for key in sorted(set(obj.get("data") or {}) & set(obj.get("binaryData") or {})):
        said = wrong(key, f"duplicate of key present in data: {key}")
        causes.append((f"binaryData[{key}]", said))
    texts, bytes_ = obj.get("data") or {}, obj.get("binaryData") or {}
    size = sum(len(text.encode()) for text in texts.values())
    size += sum(len(text) * 3 // 4 for text in bytes_.values())
    return [*causes, *_too_large(size, "")]


def secret(obj: Object) -> Causes:
    """A Secret."""
    data = obj.get("data") or {}
    missing = [key for key in _NEEDED.get(obj.get("type", ""), ()) if key not in data]
    size = sum(len(text) * 3 // 4 for text in data.values())
    needed = ((f"data[{key}]", "Required value") for key in missing)
    return [*_keys(obj, "data"), *needed, *_too_large(size, "data")]


def _too_large(size: int, field: str) -> Causes:
    if size <= MOST_BYTES:
        return []
    return [(field, f"Too long: may not be more than {MOST_BYTES} bytes")]


def _keys(obj: Object, field: str) -> Causes:
    causes: Causes = []
    for key in obj.get(field) or {}:
        if len(key) > 253:
            causes.append((f"{field}[{key}]", wrong(key, "must be no more than 253 bytes")))
        elif key in (".", ".."):
            causes.append((f"{field}[{key}]", wrong(key, f"must not be '{key}'")))
        elif not re.fullmatch(_KEY, key):
            causes.append((f"{field}[{key}]", wrong(key, _KEY_TEXT)))
    return causes


def definition(obj: Object) -> Causes:
    """A CustomResourceDefinition."""
    spec = obj.get("spec") or {}
    causes: Causes = []
    names, versions = spec.get("names") or {}, spec.get("versions") or []
    if not spec.get("group"):
        causes.append(("spec.group", "Required value"))
    for name in ("plural", "kind"):
        if not names.get(name):
            causes.append((f"spec.names.{name}", "Required value"))
    if obj["metadata"].get("name") != f"{names.get('plural')}.{spec.get('group')}":
        said = wrong(obj["metadata"].get("name"), 'must be spec.names.plural+"."+spec.group')
        causes.append(("metadata.name", said))
    if (scope := spec.get("scope", "")) not in ("Cluster", "Namespaced"):
        if scope:
            causes.append(("spec.scope", unsupported(scope, ("Cluster", "Namespaced"))))
        else:
            causes.append(("spec.scope", "Required value"))
    if sum(bool(version.get("storage")) for version in versions) != 1:
        said = "must have exactly one version marked as storage version"
        causes.append(("spec.versions", wrong(versions, said)))
    for index, version in enumerate(versions):
        place = f"spec.versions[{index}]"
        if not re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", version.get("name") or ""):
            said = "a DNS-1035 label must consist of lower case alphanumeric characters or '-'"
            causes.append((f"{place}.name", wrong(version.get("name", ""), said)))
        for number, column in enumerate(version.get("additionalPrinterColumns") or []):
            causes += _column(column, f"{place}.additionalPrinterColumns[{number}]")
        schema = at(version, "schema", "openAPIV3Schema")
        if schema is None:
            said = "Required value: schemas are required"
            causes.append((f"{place}.schema.openAPIV3Schema", said))
            continue
        if isinstance(schema, dict) and schema.get("type") != "object":
            said = "must be object at the root" if schema.get("type") else ""
            text = wrong(schema["type"], said) if said else f"Required value: {_ROOT}"
            causes.append((f"{place}.schema.openAPIV3Schema.type", text))
        causes += _schema(schema, f"{place}.schema.openAPIV3Schema")
        if isinstance(schema, dict):
            causes += schema_rules.unreadable(schema, f"{place}.schema.openAPIV3Schema")
    return causes


def _column(column: Object, place: str) -> Causes:
    """What `kubectl get` is to show; a path is looked at closer when it is used."""
    causes: Causes = []
    if not column.get("name"):
        causes.append((f"{place}.name", "Required value"))
    sort, said = column.get("type"), f"must be one of {','.join(_COLUMN_TYPES)}"
    if not sort:
        causes.append((f"{place}.type", f"Required value: {said}"))
    elif sort not in _COLUMN_TYPES:
        causes.append((f"{place}.type", wrong(sort, said)))
    path = column.get("jsonPath")
    if not path:
        causes.append((f"{place}.JSONPath", "Required value"))
    elif not path.startswith("."):
        said = "must be a simple json path starting with ."
        causes.append((f"{place}.JSONPath", wrong(path, said)))
    return causes


_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")


def unchecked_rules(obj: Object) -> Iterator[str]:
    """Warnings of rules in CEL that the pocket lab cannot ask."""
    for index, version in enumerate((obj.get("spec") or {}).get("versions") or []):
        schema = at(version, "schema", "openAPIV3Schema")
        if isinstance(schema, dict):
            place = f"spec.versions[{index}].schema.openAPIV3Schema"
            yield from schema_rules.unchecked(schema, place)


def _schema(schema: object, place: str) -> Causes:
    """What stands in a schema, and in those within it, and cannot be used."""
    if not isinstance(schema, dict):
        return [(place, wrong(schema, "must be a schema, which is an object"))]
    causes: Causes = []
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and (why := patterns.why_wrong(pattern)):
        said = wrong(pattern, f"must be a valid regular expression, but isn't: {why}")
        causes.append((f"{place}.pattern", said))
    if not isinstance(schema.get("enum", []), list):
        causes.append((f"{place}.enum", wrong(schema["enum"], "must be a list")))
    if schema.get("uniqueItems"):
        said = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        causes.append((f"{place}.uniqueItems", f"Forbidden: {said}"))
    for name in ("items", "additionalProperties", "not"):
        inner = schema.get(name)
        if inner is not None and not (name == "additionalProperties" and isinstance(inner, bool)):
            causes += _schema(inner, f"{place}.{name}")
    for name in ("properties", "patternProperties", "definitions"):
        for key, inner in (schema.get(name) or {}).items():
            causes += _schema(inner, f"{place}.{name}[{key}]")
    for name in ("allOf", "anyOf", "oneOf"):
        for index, inner in enumerate(schema.get(name) or []):
            causes += _schema(inner, f"{place}.{name}[{index}]")
    return causes


_ROOT = "must not be empty at the root"


def binding(obj: Object) -> Causes:
    """A RoleBinding or ClusterRoleBinding."""
    role = obj.get("roleRef") or {}
    causes: Causes = []
    if role.get("kind") not in ("Role", "ClusterRole"):
        said = unsupported(role.get("kind", ""), ("Role", "ClusterRole"))
        causes.append(("roleRef.kind", said))
    if not role.get("name"):
        causes.append(("roleRef.name", "Required value"))
    return causes
