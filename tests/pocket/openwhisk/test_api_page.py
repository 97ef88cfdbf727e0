"""Walks the published API and keeps docs/openwhisk-api.md true.

`OWLAB_REWRITE_GOLDENS=1 pytest tests/pocket/openwhisk/test_api_page.py` writes the page anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import httpx

from owlab.pocket.openwhisk.operations import API
from owlab.pocket.openwhisk.service import Service

from .conftest import Client
from .operations import OPERATIONS, Operation

PAGE = Path(__file__).parents[3] / "docs" / "openwhisk-api.md"
HEAD = """\
# OpenWhisk's API on the pocket lab

Written by `tests/pocket/openwhisk/test_api_page.py`, which sends each operation of OpenWhisk's
published description (as listed in `operations.py` beside it) once to the lab's own OpenWhisk, and
notes the status that came back. What the answers hold is the matter of the other tests there; none
of it has been compared with a running OpenWhisk.

Answered as wanted: **{good} of {all}** operations.

| operation, below `/api/v1` | sent as | wanted | answered |
|---|---|---|---|
"""
TAIL = """
## Also served

`HEAD`, `PATCH` and `OPTIONS` of web actions, `count=true` on lists, `/actions/{package}/`, and
without a key `/`, `/api/v1`, `/api/v1/api-docs`, `/ping`, `/invokers`, `/invokers/healthy/count`,
`/invokers/ready` and `/metrics`.

APIs that `wsk api` makes are served below `/api`.

## What differs from OpenWhisk

- The API gateway's own management API (`/v1`, `/v2`) answers 501 and says what was asked; the
  actions of `/whisk.system/apimgmt`, which `wsk api` and the SDKs call, do without it.
- Kinds: {kinds}, and by name `nodejs:18`, `nodejs:20`, `nodejs:22`, `python:3.x`. Actions run on
  the Node.js and the Python of this computer, on its `php`, `ruby`, `go` and JDK where they are
  installed, whatever version their kind names; `GET /` tells which, and whether they are kept from
  your files. What cannot run may be created; a call of it says why, as a developer error.
- `java` needs a JDK (Java 11 or newer) and a `gson.jar`: Debian's `default-jdk-headless` and
  `libgoogle-gson-java`, Maven's, or the one that `OWLAB_GSON` names. `swift` and `rust` run as zip
  files with a compiled program `exec`; `dotnet` and `ballerina` do not run. Of container images,
  `openwhisk/dockerskeleton` (`--native`) runs, and those of the runtimes that run; no image is
  fetched.
- `limits.concurrency` above 1 needs the chart's values `whisk.limits.actions.concurrency.max` and
  `invoker.containerFactory.enableConcurrency`, as OpenWhisk's do. Node.js alone answers several
  calls in one container; the others take one at a time. Such calls leave no logs in their records:
  they are asked for by themselves (`wsk activation logs`), and each call has its own.
- `require('openwhisk')` finds a small client of the lab's own with the SDK's interface. The SDK
  itself is used when it is in the action's zip, or in the folder that `OWLAB_NODE_PATH` names; so
  are the image's other packages (`express` and its like). Kinds below `nodejs:22` cannot require
  ECMAScript modules, as in life; what else a newer Node.js takes they take here.
  Python finds the packages of OpenWhisk's image as far as they are installed here: `requests`,
  `bs4` and `dateutil` always, others with `pip install owlab[functions]`.
- Firing a trigger does not hand the caller's `Authorization` header to the rules' actions, as it
  does the others. OpenWhisk does since 2022: an action bound by a rule sees the caller's key.
- Feeds and the gateway's management actions are executed by the lab's service, not in a container.
  `messaging` and `github` say that they cannot work here.
- The controller keeps nothing in memory of CouchDB: without it every request fails at once.
- The components of a sequence do not count against the invocations per minute; the actions that a
  trigger's rules start do.
- Idle action containers end after ten minutes of real time, at every speed of the lab. Alarms, too,
  keep real time.
- `nodejs:14` has two stem cells, made after the first `nodejs:14` action ran.
- Memory is the resident memory of all processes of a container, looked at fifty times a second
  while an action runs; there is no limit of processors, as with the chart. A container may have 512
  processes, files of 1 GB and 1024 open files.
- `wsk` says in its own words what is long in the real one's help; `-d` does not name lines of
  wsk's source. `wsk project` fetches nothing from the internet, and says so, and takes `--param`,
  which the real one drops; `wsk sdk install docker` and `iOS` end where nginx sends them, at
  GitHub.
- `wskadmin db get` has no views, and revisions made of a document's version. `wskadmin syslog`
  finds no logs, as with this chart.
- `helm test` makes the calls of the chart's two tests from the lab's service, and leaves an action
  `hello` of yours alone.
- An activation that the lab's service could not end, since it was killed, ends with an internal
  error when the service is back.
"""


async def _answers(client: Client) -> dict[str, int]:
    found: dict[str, int] = {}
    last = ""
    for operation in OPERATIONS:
        url = f"https://ow{API}{operation.send.replace('LAST', last)}"
        answer = await client.request(operation.method, url, json=operation.body)
        found[operation.key] = answer.status_code
        if operation.method == "POST" and answer.headers.get("x-openwhisk-activation-id"):
            last = last or answer.headers["x-openwhisk-activation-id"]
    return found


def _row(operation: Operation, answered: int) -> str:
    sent = operation.send.replace("LAST", "ID")
    return f"| `{operation.key}` | `{sent}` | {operation.status} | {answered} |\n"


def _page(answers: dict[str, int]) -> str:
    from owlab.pocket.openwhisk.runtimes import KINDS

    good = sum(answers[operation.key] == operation.status for operation in OPERATIONS)
    ordered = sorted(OPERATIONS, key=lambda operation: (operation.path, operation.method))
    head = HEAD.format(good=good, all=len(OPERATIONS))
    rows = "".join(_row(operation, answers[operation.key]) for operation in ordered)
    kinds = ", ".join(f"`{kind}`" for kind in KINDS)
    return head + rows + TAIL.replace("{kinds}", kinds)


async def test_every_published_operation_answers(guest: Client, service: Service) -> None:
    assert len({operation.key for operation in OPERATIONS}) == 33
    answers = await _answers(guest)
    await service.settled()
    assert answers == {operation.key: operation.status for operation in OPERATIONS}
    page = _page(answers)
    if os.environ.get("OWLAB_REWRITE_GOLDENS"):
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page, "utf-8")
    assert PAGE.read_text("utf-8") == page, "rewrite it: OWLAB_REWRITE_GOLDENS=1"


async def test_each_but_web_actions_needs_a_key(nobody: httpx.AsyncClient) -> None:
    for operation in OPERATIONS:
        url = API + operation.send.replace("LAST", "0" * 32)
        answer = await nobody.request(operation.method, url, json=operation.body)
        wanted = 404 if operation.path.startswith("/web/") else 401
        assert answer.status_code == wanted, operation.key


async def test_a_trigger_does_not_hand_on_the_callers_key(guest: Client, service: Service) -> None:
    await guest.action("echo", "function main(a) { return a }")
    await guest.put("/triggers/t", json={})
    await guest.put("/rules/r", json={"trigger": "/_/t", "action": "/_/echo"})
    await guest.post("/triggers/t", json={"x": 1})
    await service.settled()
    [record] = (await guest.get("/activations?name=echo&docs=true")).json()
    headers = record["response"]["result"].pop("__ow_headers")
    assert record["response"]["result"] == {"x": 1}
    assert "authorization" not in headers and headers["host"] == "controllers"
