"""Requests to OpenWhisk's API: every collection, every verb, invocations and web actions."""

from __future__ import annotations

import base64
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import httpx

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.app import openwhisk_app
from owlab.pocket.openwhisk.service import Service

from ..pocket.openwhisk.conftest import GUEST, SYSTEM, FakePods
from .harness import Findings, fuzz
from .mutations import Mutator, Request

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE")
QUERIES: dict[str, tuple[str, ...]] = {
    "limit": ("1", "200", "201"),
    "skip": ("1", "-1"),
    "count": ("true", "maybe"),
    "blocking": ("true", "false"),
    "result": ("true",),
    "timeout": ("1", "60001"),
    "overwrite": ("true",),
    "code": ("false",),
    "since": ("1", "-1"),
    "upto": ("1",),
    "name": ("echo", "p/a"),
    "docs": ("true",),
    "force": ("true",),
    "public": ("true",),
    "x": ("1", "__ow_method"),
}
ECHO = "def main(args):\n    return {'body': args, 'statusCode': args.get('status', 200)}\n"
AT = "/api/v1/namespaces/_"


def archive(*entries: tuple[str, str]) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, text in entries:
            file.writestr(name, text)
    return base64.b64encode(buffer.getvalue()).decode()


def corpus() -> list[Request]:
    """Valid requests, and a few that only look so."""
    echo = {
        "exec": {"kind": "python:3", "code": ECHO},
        "annotations": [{"key": "web-export", "value": True}],
        "parameters": [{"key": "a", "value": {"b": [1]}}],
        "limits": {"timeout": 60000, "memory": 256, "logs": 10, "concurrency": 1},
        "publish": True,
        "version": "0.0.1",
    }
    packed = {"exec": {"kind": "python:3", "code": archive(("__main__.py", ECHO)), "main": "main"}}
    twice = {"exec": {"kind": "nodejs:14", "code": archive(("a", "1"), ("a/b", "2"))}}
    over = (("overwrite", "true"),)
    found = [
        Request("PUT", f"{AT}/actions/echo", over, echo),
        Request("PUT", f"{AT}/actions/p/a", over, echo),
        Request("PUT", f"{AT}/actions/packed", over, packed),
        Request("PUT", f"{AT}/actions/twice", over, twice),
        Request(
            "PUT",
            f"{AT}/actions/both",
            over,
            {"exec": {"kind": "sequence", "components": ["/_/echo", "/_/p/a"]}},
        ),
        Request("PUT", f"{AT}/packages/p", over, {"parameters": [{"key": "x", "value": 1}]}),
        Request(
            "PUT",
            f"{AT}/packages/bound",
            over,
            {"binding": {"namespace": "guest", "name": "p"}, "annotations": []},
        ),
        Request("PUT", f"{AT}/triggers/t", over, {"parameters": [{"key": "x", "value": 1}]}),
        Request(
            "PUT",
            f"{AT}/rules/r",
            over,
            {"trigger": "/_/t", "action": "/_/echo", "status": "active"},
        ),
        Request("POST", f"{AT}/rules/r", body={"status": "inactive"}),
        Request("POST", f"{AT}/triggers/t", body={"a": 1}),
        Request("POST", f"{AT}/actions/echo", (("blocking", "true"),), {"a": {"b": [1, "x"]}}),
        Request("POST", f"{AT}/actions/echo", (("blocking", "true"), ("result", "true")), {"a": 1}),
        Request("POST", f"{AT}/actions/echo", body={"a": 1}),
        Request("POST", f"{AT}/actions/both", (("blocking", "true"),), {"a": 1}),
        Request("POST", f"{AT}/actions/twice", (("blocking", "true"),), {}),
        Request("GET", f"{AT}/activations", (("limit", "2"),)),
        Request("GET", f"{AT}/activations/" + "0" * 32),
        Request("GET", f"{AT}/activations/" + "0" * 32 + "/logs"),
        Request("GET", f"{AT}/limits"),
        Request("GET", "/api/v1/namespaces"),
        Request("GET", "/"),
        Request("GET", "/api/v1/api-docs"),
    ]
    for collection, names in {
        "actions": ("echo", "p/a", "both"),
        "packages": ("p", "bound"),
        "triggers": ("t",),
        "rules": ("r",),
    }.items():
        found.append(Request("GET", f"{AT}/{collection}", (("limit", "3"),)))
        found += [Request("GET", f"{AT}/{collection}/{name}") for name in names]
    for extension in ("", ".json", ".http", ".text", ".html", ".svg"):
        web = f"/api/v1/web/guest/default/echo{extension}"
        found += [
            Request("GET", f"{web}/a/b", (("x", "1"),)),
            Request("POST", web, body={"body": "x", "headers": {"a": "b"}, "status": 201}),
        ]
    return found


def of_a_function(answer: httpx.Response) -> bool:
    """A function that fails makes a blocking call answer so."""
    return answer.status_code in (500, 502) and "x-openwhisk-activation-id" in answer.headers


async def run(seed: int, count: int) -> Findings:
    """A new OpenWhisk, and ``count`` requests."""
    with tempfile.TemporaryDirectory(prefix="owlab-fuzz-") as folder:
        db = Database(Path(folder) / "lab.sqlite")
        limits: dict[str, Any] = {"invocations_per_minute": 10**9, "fires_per_minute": 10**9}
        service = Service(
            db,
            Clock(),
            FakePods(),
            guest_key=GUEST,
            system_key=SYSTEM,
            limits=limits,
            apihost="127.0.0.1",
            stem_cells=False,
        )
        app = openwhisk_app(service)
        key = base64.b64encode(GUEST.encode()).decode()
        headers = {"authorization": f"Basic {key}", "content-type": "application/json"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
            for _ in range(2):  # what comes later is needed by what comes first
                for request in (r for r in corpus() if r.method == "PUT"):
                    answer = await client.put(request.url(), json=request.body, headers=headers)
            assert answer.status_code == 200, answer.text
        mutator = Mutator(seed, METHODS, QUERIES)
        try:
            return await fuzz(app, corpus(), mutator, count, headers, may_fail=of_a_function)
        finally:
            await service.stop()
            db.close()
