"""What a CustomResourceDefinition adds to the kinds that are served."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.kinds import Kind


def custom_kinds(definition: Object) -> list[Kind]:
    """The kind of a definition in each version that is served, the stored one first."""
    spec = definition["spec"]
    # Definitions are checked before they are kept; of those that an older lab kept, what is good.
    versions = [v for v in spec.get("versions") or [] if v.get("served", True) and v.get("name")]
    versions.sort(key=lambda version: not version.get("storage"))
    return [_kind(spec, version) for version in versions]


def _kind(spec: Object, version: Object) -> Kind:
    names = spec["names"]
    return Kind(
        names["kind"],
        names["plural"],
        spec["group"],
        version["name"],
        spec.get("scope", "Namespaced") == "Namespaced",
        tuple(names.get("shortNames") or ()),
        tuple(names.get("categories") or ()),
        tuple(version.get("subresources") or ()),
        (version.get("schema") or {}).get("openAPIV3Schema"),
        tuple(version.get("additionalPrinterColumns") or ()),
        (version.get("subresources") or {}).get("scale"),
        tuple(str(f.get("jsonPath")).strip(".") for f in version.get("selectableFields") or ()),
        _deprecated(spec, version),
    )


def _deprecated(spec: Object, version: Object) -> str:
    if not version.get("deprecated"):
        return ""
    kind = f"{spec['group']}/{version['name']} {spec['names']['kind']}"
    return str(version.get("deprecationWarning") or f"{kind} is deprecated")
