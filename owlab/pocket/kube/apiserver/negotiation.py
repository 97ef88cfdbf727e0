"""Bodies in, bodies out: JSON, YAML, protobuf; objects or tables."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request

from owlab.pocket.ground.intake import Unreadable
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.apiserver import protobuf
from owlab.pocket.kube.apiserver.json_errors import in_go_words
from owlab.pocket.kube.apiserver.table import table
from owlab.pocket.kube.apiserver.versions import shown
from owlab.pocket.kube.errors import BadRequest, TooLarge, UnsupportedMediaType
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.schemas.decode import DecodeError, Decoder
from owlab.pocket.kube.schemas.duplicates import parse_json, parse_yaml

PROTOBUF = "application/vnd.kubernetes.protobuf"
MOST_BYTES = 3 << 20
"""Of a request's body: the limit of the real API server."""


async def body(request: Request) -> Any:
    """The request's body as JSON data: whatever it is, it can be kept and sent again."""
    raw = await _limited(request)
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if not raw.strip():
        return {}
    if kind == PROTOBUF or raw.startswith(protobuf.MAGIC):
        return protobuf.decode(raw)
    try:
        # kubectl sends JSON under the name of YAML, which reads two hundred times faster as JSON.
        if kind.endswith("json") or raw.lstrip().startswith((b"{", b"[")):
            data, request.state.duplicates = parse_json(raw)
        elif kind in ("application/yaml", "application/apply-patch+yaml"):
            # Apart: a large one takes seconds, in which others want to be served.
            data, request.state.duplicates = await asyncio.to_thread(parse_yaml, raw)
        else:
            said = f"the body of the request was in an unknown format: {kind}"
            raise UnsupportedMediaType(said)
    except Unreadable as error:
        raise BadRequest(in_go_words(raw, str(error))) from None
    return data


async def _limited(request: Request) -> bytes:
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            raise TooLarge(f"Request entity too large: limit is {MOST_BYTES}")
        pieces.append(piece)
    return b"".join(pieces)


async def asked(request: Request, model: str) -> Object:
    """The body of a request for something other than an object of a kind, by its model."""
    return decoded(await body(request), model)


def decoded(data: object, model: str) -> Object:
    """Data as an object of a model: each field of its type, and no others.

    :raises BadRequest: it is none.
    """
    if not isinstance(data, dict):
        raise BadRequest("the body is not an object")
    try:
        return Decoder().object(data, model)
    except DecodeError as error:
        raise BadRequest(str(error)) from None


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
        "items": [shown(kind, obj) for obj in objects],
    }


def single(request: Request, kind: Kind, obj: Object) -> Any:
    """One object, or a table of one row."""
    if wants_table(request) and obj.get("kind") != "Status":
        version = obj["metadata"].get("resourceVersion", "")
        include = request.query_params.get("includeObject", "Metadata")
        return table(kind, [obj], {"resourceVersion": version}, include)
    return shown(kind, obj)
