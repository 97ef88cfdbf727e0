"""Bodies in, bodies out: JSON, YAML, protobuf; objects or tables."""

from __future__ import annotations

import json
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import Response

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import protobuf
from owlab.pocket.kube.errors import BadRequest, UnsupportedMediaType
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.schemas.duplicates import parse_json, parse_yaml
from owlab.pocket.kube.tables import table

PROTOBUF = "application/vnd.kubernetes.protobuf"


async def body(request: Request) -> Any:
    """The request's body as JSON data."""
    raw = await request.body()
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if not raw:
        return {}
    if kind == PROTOBUF or raw.startswith(protobuf.MAGIC):
        return protobuf.decode(raw)
    try:
        data, duplicates = _parsed(raw, kind)
        request.state.duplicates = duplicates
        return data
    except (ValueError, yaml.YAMLError) as error:
        raise BadRequest(f"the body cannot be read: {error}") from None


def _parsed(raw: bytes, kind: str) -> tuple[Any, list[str]]:
    # kubectl sends JSON under the name of YAML, which reads two hundred times faster as JSON.
    if kind.endswith("json") or raw.lstrip().startswith((b"{", b"[")):
        return parse_json(raw)
    if kind in ("application/yaml", "application/apply-patch+yaml"):
        return parse_yaml(raw)
    raise UnsupportedMediaType(f"the body of the request was in an unknown format: {kind}")


def respond(data: Any, status: int = 200) -> Response:
    """JSON, which every client accepts."""
    return Response(json.dumps(data, separators=(",", ":")), status, media_type="application/json")


def wants_table(request: Request) -> bool:
    """The client would rather have a Table than objects."""
    return "as=Table" in request.headers.get("accept", "")


def listing(
    request: Request,
    kind: Kind,
    objects: list[Object],
    version: int,
    more: dict[str, Any],
) -> Any:
    """A list, or a table of it."""
    metadata = {"resourceVersion": str(version), **more}
    if wants_table(request):
        include = request.query_params.get("includeObject", "Metadata")
        return table(kind, objects, metadata, include)
    return {
        "kind": f"{kind.kind}List",
        "apiVersion": kind.api_version,
        "metadata": metadata,
        "items": objects,
    }


def single(request: Request, kind: Kind, obj: Object) -> Any:
    """One object, or a table of one row."""
    if wants_table(request) and obj.get("kind") != "Status":
        version = obj["metadata"].get("resourceVersion", "")
        include = request.query_params.get("includeObject", "Metadata")
        return table(kind, [obj], {"resourceVersion": version}, include)
    return obj
