"""What every object must be before anything looks into it: an object with metadata of its types."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import BadRequest, Invalid
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.schemas.decode import DecodeError, Decoder

_ANY = "V1Pod"
"""All kinds have the same metadata; this is one of them."""


def enveloped(given: object, kind: Kind) -> Object:
    """The object with its kind and version, and with metadata in which no null stands.

    :raises BadRequest: it is none, or one of another kind.
    """
    if not isinstance(given, dict):
        raise BadRequest("the body is not an object")
    obj = {**given}
    if obj.get("kind") is None:
        obj["kind"] = kind.kind
    if obj["kind"] != kind.kind:
        raise BadRequest(
            f"the kind of the object ({obj['kind']}) does not match the expected {kind.kind}"
        )
    if obj.get("apiVersion") is None:
        obj["apiVersion"] = kind.api_version
    if obj["apiVersion"] != kind.api_version:
        raise BadRequest(
            f"the API version in the data ({obj['apiVersion']}) does not match the expected API "
            f"version ({kind.api_version})"
        )
    meta = obj.get("metadata")
    try:
        decoder = Decoder()
        decoder.object({"metadata": {} if meta is None else meta}, _ANY)
    except DecodeError as error:
        text = str(error).replace("field Pod.", f"field {kind.kind}.")
        raise BadRequest(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {text}'
        ) from None
    obj["metadata"] = {n: v for n, v in (meta or {}).items() if v is not None}
    if kind.built_in == "Event" and not _has_a_subject(obj):
        name = obj["metadata"].get("name", "")
        raise Invalid(f'Event "{name}" is invalid: involvedObject: Required value')
    return obj


def _has_a_subject(event: Object) -> bool:
    """What an event is about; the newer of the two groups calls it otherwise."""
    name = "involvedObject" if event["apiVersion"] == "v1" else "regarding"
    return isinstance(event.get(name), dict)
