"""Packages, rules, triggers and calls as their callers see them: who may, and what is shown."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from owlab.pocket.openwhisk.service import Service

from .conftest import Client

ECHO = "function main(a) { return a }"
SYSTEM = "https://ow/api/v1/namespaces/whisk.system"


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def pairs(**given: Any) -> list[dict[str, Any]]:
    return [{"key": key.replace("_", "-"), "value": value} for key, value in given.items()]


# -- packages ------------------------------------------------------------------------------


async def test_packages_are_shared_or_not(guest: Client, system: Client) -> None:
    for name, shared in (("open", True), ("closed", False)):
        await system.put(f"/packages/{name}", json={"publish": shared})
        await system.action(f"{name}/f", ECHO)
    assert [row["name"] for row in (await guest.get(f"{SYSTEM}/packages")).json()] == ["open"]
    assert len((await system.get("/packages")).json()) == 2
    assert [row["name"] for row in (await system.get("/packages?public=true")).json()] == ["open"]
    forbidden = (403, "The supplied authentication is not authorized to access this resource.")
    for path in ("packages/closed", "packages/none", "actions/closed/f", "actions/closed/"):
        assert error(await guest.get(f"{SYSTEM}/{path}")) == forbidden, path
    assert (await guest.get(f"{SYSTEM}/packages/open")).status_code == 200
    assert [r["name"] for r in (await guest.get(f"{SYSTEM}/actions/open/")).json()] == ["f"]
    bound = {"binding": {"namespace": "whisk.system", "name": "closed"}}
    assert error(await guest.put("/packages/b", json=bound)) == forbidden


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"binding": 5}, 400, "The request content was malformed:\nbinding malformed!"),
        ({"binding": {"name": "p"}}, 400, "The request content was malformed:\nbinding malformed!"),
        ({"binding": {"namespace": "_", "name": 5}}, 400,
         "The request content was malformed:\nbinding malformed!"),
        ({"binding": {"namespace": "_", "name": "none"}}, 400,
         "Binding references a package that does not exist."),
        ({"binding": {"namespace": "_", "name": "b"}}, 400,
         "Cannot bind to another package binding."),
    ],
)  # fmt: skip
async def test_bindings_that_are_none(
    guest: Client, body: dict[str, Any], status: int, sentence: str
) -> None:
    await guest.put("/packages/p", json={})
    await guest.put("/packages/b", json={"binding": {"namespace": "_", "name": "p"}})
    assert error(await guest.put("/packages/c", json=body)) == (status, sentence)
    if body["binding"] != {"namespace": "_", "name": "b"}:
        return
    # A binding may bind another package, and a package is never made one.
    await guest.put("/packages/q", json={})
    other = {"binding": {"namespace": "_", "name": "q"}}
    changed = await guest.put("/packages/b?overwrite=true", json=other)
    assert changed.json()["binding"] == {"namespace": "guest", "name": "q"}
    refused = await guest.put("/packages/p?overwrite=true", json=other)
    assert error(refused) == (409, "Resource is a package and cannot be converted into a binding.")
    kept = (await guest.put("/packages/b?overwrite=true", json={"publish": True})).json()
    assert kept["binding"] == {"namespace": "guest", "name": "q"}
    notes = {pair["key"]: pair["value"] for pair in kept["annotations"]}
    assert notes["binding"] == {"namespace": "guest", "name": "q"}


async def test_a_full_package_goes_by_force(guest: Client) -> None:
    await guest.put("/packages/p", json={})
    for count, name in ((1, "f"), (2, "g")):
        await guest.action(f"p/{name}", ECHO)
        plural = "1 entity" if count == 1 else "2 entities"
        text = (f"Package not empty (contains {plural})."
                " Set force param or delete package contents.")  # fmt: skip
        assert error(await guest.delete("/packages/p")) == (409, text)
    await guest.put("/packages/b", json={"binding": {"namespace": "_", "name": "p"}})
    assert (await guest.delete("/packages/b")).json()["binding"]["name"] == "p"
    gone = await guest.delete("/packages/p?force=true")
    assert gone.status_code == 200 and gone.json()["binding"] == {}
    assert (await guest.get("/actions")).json() == []


async def test_feeds_are_apart(guest: Client) -> None:
    await guest.put("/packages/p", json={})
    for name, value in (("a", True), ("b", "true"), ("c", False)):
        await guest.action(f"p/{name}", ECHO, annotations=pairs(feed=value))
    shown = (await guest.get("/packages/p")).json()
    assert [one["name"] for one in shown["feeds"]] == ["a"]
    assert [one["name"] for one in shown["actions"]] == ["c", "b"]


async def test_a_reserved_name(guest: Client) -> None:
    refused = await guest.put("/packages/default", json={})
    assert error(refused) == (400, "Package name 'default' is reserved.")
    await guest.action("f", ECHO)
    assert (await guest.get("/actions/default/f")).json()["name"] == "f"


async def test_actions_are_not_put_through_a_binding(guest: Client) -> None:
    await guest.put("/packages/p", json={})
    await guest.put("/packages/b", json={"binding": {"namespace": "_", "name": "p"}})
    body = {"exec": {"kind": "nodejs:14", "code": ECHO}}
    text = "Operation not permitted on package binding."
    assert error(await guest.put("/actions/b/f", json=body)) == (400, text)
    assert error(await guest.delete("/actions/b/f")) == (400, text)
    assert (await guest.put("/actions/none/f", json=body)).status_code == 404


# -- rules and triggers --------------------------------------------------------------------


@pytest.fixture
async def ruled(guest: Client) -> Client:
    await guest.action("f", ECHO)
    await guest.put("/packages/p", json={})
    await guest.action("p/g", ECHO)
    for name in ("t", "u"):
        await guest.put(f"/triggers/{name}", json={})
    made = await guest.put("/rules/r", json={"trigger": "/_/t", "action": "/_/f"})
    assert made.status_code == 200 and made.json()["status"] == "active"
    return guest


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({}, 400, "rule requires a valid trigger and a valid action"),
        ({"trigger": "/_/t"}, 400, "rule requires a valid trigger and a valid action"),
        ({"action": "/_/f"}, 400, "rule requires a valid trigger and a valid action"),
        ({"trigger": 5, "action": "/_/f"}, 400,
         "The request content was malformed:\nfully qualified name malformed"),
        ({"trigger": "/_/t", "action": 5}, 400,
         "The request content was malformed:\nfully qualified name malformed"),
        ({"trigger": "/_/none", "action": "/_/f"}, 400, "trigger /guest/none does not exist"),
        ({"trigger": "/_/t", "action": "/_/none"}, 400, "action /guest/none does not exist"),
        ({"trigger": "/_/t", "action": "/_/p/none"}, 400, "action /guest/p/none does not exist"),
        ({"trigger": "/whisk.system/t", "action": "/_/f"}, 403,
         "The supplied authentication is not authorized to access this resource."),
        ({"trigger": "/_/t", "action": "/whisk.system/f"}, 403,
         "The supplied authentication is not authorized to access this resource."),
    ],
)  # fmt: skip
async def test_rules_that_are_none(
    ruled: Client, body: dict[str, Any], status: int, sentence: str
) -> None:
    assert error(await ruled.put("/rules/s", json=body)) == (status, sentence)


async def test_a_rule_keeps_what_is_not_told(ruled: Client) -> None:
    changed = (await ruled.put("/rules/r?overwrite=true", json={"action": "/_/p/g"})).json()
    assert changed["trigger"] == {"name": "t", "path": "guest"}
    assert changed["action"] == {"name": "g", "path": "guest/p"}
    assert "linked" not in changed and changed["version"] == "0.0.2"
    await ruled.post("/rules/r", json={"status": "Inactive"})
    changed = (await ruled.put("/rules/r?overwrite=true", json={"trigger": "/_/u"})).json()
    assert (changed["status"], changed["trigger"]["name"]) == ("inactive", "u")
    assert error(await ruled.put("/rules/r", json={})) == (409, "resource already exists")
    (row,) = (await ruled.get("/rules")).json()
    assert (row["status"], row["action"]["name"], row["trigger"]["name"]) == ("inactive", "g", "u")
    gone = (await ruled.delete("/rules/r")).json()
    assert gone["status"] == "inactive" and "linked" not in gone


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "key not found: status"),
        ({"status": 5}, "key not found: status"),
        ([], "key not found: status"),
        ({"status": "paused"},
         "'paused' is not a recognized rule state, must be one of ['active', 'inactive']"),
    ],
)  # fmt: skip
async def test_states_that_are_none(ruled: Client, body: Any, sentence: str) -> None:
    answer = await ruled.post("/rules/r", json=body)
    assert error(answer) == (400, f"The request content was malformed:\n{sentence}")
    assert (await ruled.get("/rules/r")).json()["status"] == "active"


async def test_a_trigger_shows_its_rules(ruled: Client) -> None:
    await ruled.put("/rules/s", json={"trigger": "/_/t", "action": "/_/p/g"})
    await ruled.post("/rules/s", json={"status": "inactive"})
    shown = (await ruled.get("/triggers/t")).json()
    assert shown["rules"] == {
        "guest/r": {"action": {"name": "f", "path": "guest"}, "status": "active"},
        "guest/s": {"action": {"name": "g", "path": "guest/p"}, "status": "inactive"},
    }
    assert shown["limits"] == {} and "rules" not in (await ruled.get("/triggers/u")).json()
    assert (await ruled.delete("/triggers/t")).json()["rules"].keys() == shown["rules"].keys()


@pytest.mark.parametrize(
    ("feed", "status"),
    [("/whisk.system/alarms/alarm", 200), ("alarm", 200), ("p/f", 200), ("/a/b/c/d", 400),
     (5, 400), ("/", 400), ("a b/-c", 400)],
)  # fmt: skip
async def test_feeds_have_names(guest: Client, feed: Any, status: int) -> None:
    answer = await guest.put("/triggers/t", json={"annotations": pairs(feed=feed)})
    assert answer.status_code == status
    if status == 400:
        assert error(answer) == (400, "Feed name is not valid")


@pytest.mark.parametrize(
    ("what", "code", "sentence"),
    [
        ("gone", 1, "The requested resource does not exist."),
        ("final", 1,
         "Request defines parameters that are not allowed (e.g., reserved properties)."),
    ],
)  # fmt: skip
async def test_a_rule_that_cannot_run_says_why(
    ruled: Client, what: str, code: int, sentence: str
) -> None:
    if what == "gone":
        await ruled.delete("/actions/f")
    else:
        await ruled.action("f", ECHO, parameters=pairs(x=1), annotations=pairs(final=True))
    fired = (await ruled.post("/triggers/t", json={"x": 2})).json()["activationId"]
    (line,) = (await ruled.get(f"/activations/{fired}/logs")).json()["logs"]
    told = json.loads(line)
    assert (told["statusCode"], told["success"], told["error"]) == (code, False, sentence)
    assert (told["rule"], told["action"]) == ("guest/r", "guest/f")
    record = (await ruled.get(f"/activations/{fired}")).json()
    assert record["name"] == "t" and record["response"]["success"] is True
    assert (await ruled.get(f"/activations/{fired}/result")).json()["result"] == {"x": 2}
    assert (await ruled.get(f"/activations/{fired}/other")).status_code == 404


@pytest.mark.parametrize("limits", [{"fires_per_minute": 9, "invocations_per_minute": 0}])
async def test_a_rule_is_throttled(ruled: Client) -> None:
    fired = (await ruled.post("/triggers/t", json={})).json()["activationId"]
    (line,) = (await ruled.get(f"/activations/{fired}/logs")).json()["logs"]
    assert "Too many requests in the last minute" in json.loads(line)["error"]


# -- what is told of the whole -------------------------------------------------------------


async def test_invokers_and_metrics(nobody: Client, service: Service) -> None:
    assert (await nobody.get("/invokers")).json() == {"invoker0/owdev-invoker-0": "up"}
    assert (await nobody.get("/invokers/healthy/count")).text == "1"
    told = (await nobody.get("/metrics")).text.splitlines()
    assert "owlab_containers 0" in told and told[-1].startswith("# TYPE")
    assert error(await nobody.get("/v2/apis"))[1].endswith("the pocket lab: GET /v2/apis")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/blackbox-0.1.0.tar.gz", "/blackbox.tar.gz"),
        ("/cli/go/download/linux/amd64",
         "https://github.com/apache/openwhisk-cli/releases/download/latest/"
         "OpenWhisk_CLI-latest-linux-amd64.tgz"),
        ("/cli/go/download/mac/386",
         "https://github.com/apache/openwhisk-cli/releases/download/latest/"
         "OpenWhisk_CLI-latest-mac-386.zip"),
    ],
)  # fmt: skip
async def test_files_that_are_elsewhere(nobody: Client, path: str, place: str) -> None:
    answer = await nobody.get(path)
    assert (answer.status_code, answer.headers["location"]) == (301, place)
    assert answer.headers["server"] == "nginx/1.21.1"


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("guest.127.0.0.1", "/default/w", 200),
        ("guest.127.0.0.1:31001", "/default/w", 200),
        ("other.127.0.0.1", "/default/w", 404),
        ("guest.127.0.0.1", "/api/v1/web/default/w", 404),
        ("a_b.127.0.0.1", "/default/w", 421),
        ("guest.127.0.0.1.evil.example", "/default/w", 421),
        ("evil.example", "/ping", 421),
        ("worker1", "/ping", 200),
    ],
)
async def test_names_by_which_it_is_called(
    guest: Client, nobody: Client, host: str, path: str, status: int
) -> None:
    code = "function main() { return {body: 'x'} }"
    await guest.action("w", code, annotations=pairs(web_export=True))
    answer = await nobody.get(path, headers={"Host": host})
    assert answer.status_code == status
