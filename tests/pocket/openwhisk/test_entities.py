"""Packages, bindings, triggers, rules, sequences, lists and refusals."""

from __future__ import annotations

import json

import httpx

from owlab.pocket.openwhisk.service import Service

from .conftest import Client

ECHO = "function main(a) { return a }"


async def test_binding_inherits_parameters(guest: Client, service: Service) -> None:
    pair = [{"key": "a", "value": 1}, {"key": "b", "value": 1}]
    await guest.put("/packages/p", json={"parameters": pair})
    await guest.action("p/echo", ECHO)
    bound = {"binding": {"namespace": "_", "name": "p"}, "parameters": [{"key": "b", "value": 2}]}
    made = await guest.put("/packages/q", json=bound)
    assert made.status_code == 200
    assert made.json()["binding"] == {"namespace": "guest", "name": "p"}
    assert (await guest.get("/packages/p")).json()["binding"] == {}
    answer = await guest.post("/actions/q/echo?blocking=true&result=true", json={"c": 3})
    assert answer.json() == {"a": 1, "b": 2, "c": 3}
    assert (await guest.delete("/packages/p")).status_code == 409


async def test_activations_are_listed_by_the_package_that_was_named(
    guest: Client, system: Client
) -> None:
    await system.put("/packages/utils", json={"publish": True})
    await system.action("utils/echo", ECHO)
    await guest.put("/packages/p", json={})
    await guest.action("p/echo", ECHO)
    await guest.put("/packages/q", json={"binding": {"namespace": "_", "name": "p"}})
    bound = {"binding": {"namespace": "whisk.system", "name": "utils"}}
    assert (await guest.put("/packages/u", json=bound)).status_code == 200
    foreign = "https://ow/api/v1/namespaces/whisk.system/actions/utils/echo?blocking=true"
    for name in ("p/echo", "q/echo", "u/echo"):
        assert (await guest.post(f"/actions/{name}?blocking=true", json={})).status_code == 200
    assert (await guest.post(foreign, json={})).status_code == 200
    for name, count in {"p/echo": 1, "q/echo": 1, "u/echo": 1, "utils/echo": 1, "echo": 0}.items():
        assert len((await guest.get(f"/activations?name={name}")).json()) == count, name


async def test_rule_runs_its_action(guest: Client, service: Service) -> None:
    await guest.action("echo", ECHO)
    await guest.put("/triggers/t", json={})
    assert (await guest.post("/triggers/t", json={})).status_code == 204
    await guest.put("/rules/r", json={"trigger": "/_/t", "action": "/_/echo"})
    fired = await guest.post("/triggers/t", json={"x": 1})
    assert fired.status_code == 202
    await service.settled()
    record = (await guest.get(f"/activations/{fired.json()['activationId']}")).json()
    run = (await guest.get(f"/activations/{json.loads(record['logs'][0])['activationId']}")).json()
    result = run["response"]["result"]
    assert result.pop("__ow_headers")["host"] == "controllers" and result == {"x": 1}


async def test_sequence(guest: Client) -> None:
    await guest.action("inc", "function main(a) { return {n: (a.n || 0) + 1} }")
    sequence = {"exec": {"kind": "sequence", "components": ["/_/inc", "/_/inc"]}}
    assert (await guest.put("/actions/twice", json=sequence)).status_code == 200
    done = (await guest.call("twice", n=1)).json()
    assert (done["response"]["result"], len(done["logs"])) == ({"n": 3}, 2)


async def test_refusals(guest: Client, nobody: httpx.AsyncClient) -> None:
    path = "/api/v1/namespaces/_/actions"
    assert (await nobody.get(path)).status_code == 401
    assert (await nobody.get("/v2/apis")).status_code == 501
    answer = await guest.put("/actions/s", json={"exec": {"kind": "cobol:1", "code": "x"}})
    assert answer.status_code == 400 and "'swift:5.4'" in answer.json()["error"]
    foreign = await guest.get("https://ow/api/v1/namespaces/whisk.system/actions")
    assert foreign.status_code == 403
    assert (await guest.get("/activations/5")).status_code == 400
    assert (await guest.get("/actions?limit=201")).status_code == 400


async def test_catalog_runs(guest: Client, service: Service) -> None:
    service.install_catalog()
    url = "https://ow/api/v1/namespaces/whisk.system/actions/utils/sort?blocking=true&result=true"
    answer = await guest.post(url, json={"lines": ["b", "a"]})
    assert answer.json() == {"lines": ["a", "b"], "length": 2}


async def test_catalog_is_whole(guest: Client, service: Service) -> None:
    """Every sample of OpenWhisk's catalogue is there, in its language, with its parameters."""
    service.install_catalog()
    rows = (await guest.get("https://ow/api/v1/namespaces/whisk.system/actions/samples/")).json()
    kinds = {
        row["name"]: next(p["value"] for p in row["annotations"] if p["key"] == "exec")
        for row in rows
    }
    swift = {"cat", "head", "invoke"}
    assert set(kinds) == swift | {
        "countdown", "curl", "greeting", "helloPromises", "helloWorld", "printParams", "wordCount",
        "wordCountAsync",
    }  # fmt: skip
    assert {name for name, kind in kinds.items() if kind == "swift:4.2"} == swift
    counted = await guest.post(
        "https://ow/api/v1/namespaces/whisk.system/actions/samples/wordCountAsync?blocking=true",
        json={"payload": "Five fuzzy felines"},
    )
    assert counted.json()["response"]["result"] == {"count": 3}
    refused = await guest.post(
        "https://ow/api/v1/namespaces/whisk.system/actions/samples/cat?blocking=true", json={}
    )
    assert "compiles no swift functions" in refused.json()["response"]["result"]["error"]
