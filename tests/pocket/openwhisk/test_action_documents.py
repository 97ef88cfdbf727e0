"""What a put of an action, a trigger, a rule or a package keeps, and what it refuses."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from owlab.pocket.openwhisk import documents
from owlab.pocket.openwhisk.refusals import WhiskError

from .conftest import Client

CODE = "function main() {}"
ZIP = base64.b64encode(b"PK\x03\x04" + bytes(60)).decode()
ELF = base64.b64encode(b"\x7fELF" + bytes(60)).decode()
MALFORMED = "The request content was malformed:\n"


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"].removeprefix(MALFORMED)


async def put(guest: Client, path: str, body: Any, *, overwrite: bool = False) -> httpx.Response:
    return await guest.put(f"/{path}{'?overwrite=true' if overwrite else ''}", json=body)


def named(body: dict[str, Any], field: str = "annotations") -> dict[str, Any]:
    return {pair["key"]: pair["value"] for pair in body[field]}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"kind": "nodejs:14", "code": CODE},
         {"kind": "nodejs:14", "code": CODE, "binary": False}),
        ({"kind": "NodeJS:Default", "code": ""},
         {"kind": "nodejs:14", "code": "", "binary": False}),
        ({"kind": "python:3", "code": CODE, "main": "other"},
         {"kind": "python:3", "code": CODE, "binary": False, "main": "other"}),
        ({"kind": "nodejs:14", "code": ZIP}, {"kind": "nodejs:14", "code": ZIP, "binary": True}),
        ({"kind": "go:default", "code": ELF}, {"kind": "go:1.17", "code": ELF, "binary": True}),
        # It begins as base64 of a zip file does, and is none.
        ({"kind": "nodejs:14", "code": "UEsDB is my name"},
         {"kind": "nodejs:14", "code": "UEsDB is my name", "binary": False}),
        ({"kind": "java:default", "code": ZIP, "main": "Main"},
         {"kind": "java:8", "code": ZIP, "binary": True, "main": "Main"}),
        ({"kind": "blackbox", "image": "me/mine"},
         {"kind": "blackbox", "image": "me/mine", "binary": False}),
        ({"kind": "blackbox", "image": "me/mine", "code": ZIP, "main": "m"},
         {"kind": "blackbox", "image": "me/mine", "code": ZIP, "binary": True, "main": "m"}),
        ({"kind": "python:3.11", "code": CODE},
         {"kind": "python:3.11", "code": CODE, "binary": False}),
    ],
)  # fmt: skip
async def test_what_is_executed(
    guest: Client, given: dict[str, Any], wanted: dict[str, Any]
) -> None:
    answer = await put(guest, "actions/f", {"exec": given})
    assert answer.status_code == 200 and answer.json()["exec"] == wanted
    read = (await guest.get("/actions/f")).json()
    assert read["exec"] == wanted
    assert named(read)["exec"] == wanted["kind"]
    without = (await guest.get("/actions/f?code=false")).json()["exec"]
    assert without == {name: value for name, value in wanted.items() if name != "code"}
    (row,) = (await guest.get("/actions")).json()
    assert row["exec"] == {"binary": wanted["binary"]}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (5, "'kind' must be a string defined in 'exec'"),
        ({"code": CODE}, "'kind' must be a string defined in 'exec'"),
        ({"kind": "nodejs:14"},
         "'code' must be a string or attachment object defined in 'exec' for 'nodejs:14' actions"),
        ({"kind": "nodejs:14", "code": CODE, "main": 5},
         "'main' must be a string defined in 'exec'"),
        ({"kind": "nodejs:14", "code": CODE, "main": ""},
         "'main' must be a string defined in 'exec'"),
        ({"kind": "java:8", "code": ZIP},
         "'main' must be a string defined in 'exec' for 'java:8' actions"),
        ({"kind": "blackbox"}, "'image' must be a string defined in 'exec' for 'blackbox' actions"),
        ({"kind": "blackbox", "image": ""},
         "'image' must be a string defined in 'exec' for 'blackbox' actions"),
        ({"kind": "blackbox", "image": "me/mine", "code": 5},
         "'code' must be a string or attachment object defined in 'exec' for 'blackbox' actions"),
        ({"kind": "sequence"}, "'components' must be an array of strings"),
        ({"kind": "sequence", "components": [5]}, "'components' must be an array of strings"),
        ({"kind": "sequence", "components": []}, "No component specified for the sequence."),
        ({"kind": "sequence", "components": ["/_/none"]}, "Sequence component does not exist."),
        ({"kind": "sequence", "components": ["a/b/c/d"]},
         "The fully qualified name of the entity must contain at least the namespace and the name"
         " of the entity."),
    ],
)  # fmt: skip
async def test_what_is_not(guest: Client, given: Any, sentence: str) -> None:
    assert told(await put(guest, "actions/f", {"exec": given})) == (400, sentence)
    assert (await guest.get("/actions/f")).status_code == 404


async def test_a_new_action_needs_code_and_a_known_one_keeps_its(guest: Client) -> None:
    assert told(await put(guest, "actions/f", {})) == (400, "exec undefined")
    await put(guest, "actions/f", {"exec": {"kind": "nodejs:14", "code": CODE}})
    refused = await put(guest, "actions/f", {"exec": {"kind": "nodejs:14", "code": CODE}})
    assert told(refused) == (409, "resource already exists")
    changed = (await put(guest, "actions/f", {"publish": True}, overwrite=True)).json()
    assert (changed["exec"]["code"], changed["publish"]) == (CODE, True)
    assert changed["version"] == "0.0.2"


@pytest.mark.parametrize("limits", [{"code": 100}])
async def test_code_has_a_largest_size(guest: Client) -> None:
    for kind in ({"kind": "nodejs:14"}, {"kind": "blackbox", "image": "a"}):
        body = {"exec": kind | {"code": "ä" * 50}}
        assert (await put(guest, "actions/f", body, overwrite=True)).status_code == 200
        body = {"exec": kind | {"code": "ä" * 50 + "x"}}
        text = "Action code larger than allowed: 101 > 100 bytes."
        assert told(await put(guest, "actions/f", body, overwrite=True)) == (413, text)


@pytest.mark.parametrize(
    ("limits_given", "sentence"),
    [
        (5, "no valid json object passed"),
        ({"timeout": "1"}, "time limit malformed"),
        ({"logs": True}, "log limit malformed"),
        ({"memory": 1.5}, "memory limit malformed"),
        ({"concurrency": None}, "concurrency limit malformed"),
        ({"timeout": 300_001},
         "requirement failed: duration 300001 milliseconds exceeds allowed threshold of 300000"
         " milliseconds"),
        ({"memory": 127},
         "requirement failed: memory 127 MB below allowed threshold of 128 MB"),
        ({"memory": 513}, "requirement failed: memory 513 MB exceeds allowed threshold of 512 MB"),
        ({"logs": -1}, "requirement failed: log size -1 MB below allowed threshold of 0 MB"),
        ({"logs": 11}, "requirement failed: log size 11 MB exceeds allowed threshold of 10 MB"),
        ({"concurrency": 0}, "requirement failed: concurrency 0 below allowed threshold of 1"),
        ({"concurrency": 2}, "requirement failed: concurrency 2 exceeds allowed threshold of 1"),
    ],
)  # fmt: skip
async def test_limits_that_cannot_be(guest: Client, limits_given: Any, sentence: str) -> None:
    body = {"exec": {"kind": "nodejs:14", "code": CODE}, "limits": limits_given}
    assert told(await put(guest, "actions/f", body)) == (400, sentence)


async def test_limits_stay_unless_told(guest: Client) -> None:
    body = {"exec": {"kind": "nodejs:14", "code": CODE}, "limits": {"memory": 512, "other": 1}}
    made = (await put(guest, "actions/f", body)).json()
    assert made["limits"] == {"concurrency": 1, "logs": 10, "memory": 512, "timeout": 60000}
    for edge in ({"timeout": 100}, {"timeout": 300_000}, {"logs": 0}, {"memory": 128}):
        made = (await put(guest, "actions/f", {"limits": edge}, overwrite=True)).json()
        assert made["limits"].items() >= edge.items()
    assert made["limits"] == {"concurrency": 1, "logs": 0, "memory": 128, "timeout": 300_000}
    (row,) = (await guest.get("/actions")).json()
    assert row["limits"] == made["limits"]


async def test_an_api_key_is_provided_where_that_is_said(guest: Client) -> None:
    exec_ = {"exec": {"kind": "nodejs:14", "code": CODE}}
    made = (await put(guest, "actions/f", exec_)).json()
    assert named(made) == {"provide-api-key": False, "exec": "nodejs:14"}
    pair = {"annotations": [{"key": "provide-api-key", "value": True}]}
    made = (await put(guest, "actions/g", exec_ | pair)).json()
    assert named(made) == {"provide-api-key": True, "exec": "nodejs:14"}


async def test_a_sequence_keeps_its_list(guest: Client) -> None:
    await put(guest, "actions/f", {"exec": {"kind": "nodejs:14", "code": CODE}})
    await put(guest, "actions/s", {"exec": {"kind": "sequence", "components": ["/_/f", "f"]}})
    read = (await guest.get("/actions/s")).json()
    assert read["exec"] == {"kind": "sequence", "components": ["/guest/f", "/guest/f"],
                            "binary": False}  # fmt: skip
    pairs = {"parameters": [{"key": "a", "value": 1}]}
    changed = (await put(guest, "actions/s", pairs, overwrite=True)).json()
    assert named(changed, "parameters") == {"_actions": ["/guest/f", "/guest/f"]}
    shorter = {"exec": {"kind": "sequence", "components": ["f"]}}
    changed = (await put(guest, "actions/s", shorter, overwrite=True)).json()
    assert named(changed, "parameters") == {"_actions": ["/guest/f"]}


# -- pairs and versions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (None, []),
        ([], []),
        ([{"key": "a", "value": None}], [{"key": "a", "value": None}]),
        ([{"key": "a", "value": 1, "init": True}], [{"key": "a", "value": 1, "init": True}]),
        ([{"key": "a", "value": 1, "init": False, "x": 2}], [{"key": "a", "value": 1}]),
        ([{"key": "a", "value": 1}, {"key": "a", "value": 2}], [{"key": "a", "value": 2}]),
    ],
)
def test_pairs(given: Any, wanted: documents.Pairs) -> None:
    assert documents.pairs(given, "parameters") == wanted


@pytest.mark.parametrize(
    "given",
    [
        5,
        {},
        ["a"],
        [{"key": 1, "value": 1}],
        [{"value": 1}],
        [{"key": "a"}],
        [{"key": "a", "value": 1, "init": "yes"}],
        [{"key": "a", "value": 1}, 5],
    ],
)
def test_pairs_that_are_none(given: Any) -> None:
    with pytest.raises(WhiskError, match="parameters malformed!"):
        documents.pairs(given, "annotations")


def test_pairs_have_a_largest_size() -> None:
    bare = len('[{"key": "a", "value": ""}]')
    at_most = "x" * (1024 * 1024 - bare)
    assert documents.pairs([{"key": "a", "value": at_most}], "parameters")
    text = "Annotations larger than allowed: 1048577 > 1048576 bytes."
    with pytest.raises(WhiskError, match=text):
        documents.pairs([{"key": "a", "value": at_most + "x"}], "annotations")


@pytest.mark.parametrize(
    ("deleted", "keys"),
    [
        (None, ["a", "b", "c"]),
        ([], ["a", "b", "c"]),
        (["a", "zz"], ["b", "c"]),
        (["c"], ["a", "b", "c"]),
    ],
)
def test_old_pairs_stay(deleted: Any, keys: list[str]) -> None:
    old = [{"key": "a", "value": 1}, {"key": "b", "value": 1}]
    new = [{"key": "c", "value": 1}]
    assert [pair["key"] for pair in documents.joined(old, new, deleted)] == keys


@pytest.mark.parametrize("deleted", ["a", [1], {"a": 1}])
def test_what_is_deleted_is_named(deleted: Any) -> None:
    with pytest.raises(WhiskError, match="Expected Array as JsArray, but got"):
        documents.joined([], [], deleted)


@pytest.mark.parametrize(
    ("given", "old", "version"),
    [
        (None, None, "0.0.1"),
        (None, "1.2.9", "1.2.10"),
        ("3", "1.2.9", "3.0.0"),
        ("3.1", None, "3.1.0"),
        ("3.1.", None, "3.1.0"),
        ("0.0.2", None, "0.0.2"),
        ("1.2.3.4-beta", None, "1.2.3"),
    ],
)
async def test_versions(guest: Client, given: str | None, old: str | None, version: str) -> None:
    if old:
        await put(guest, "packages/p", {"version": old})
    body = {"version": given} if given else {}
    assert (await put(guest, "packages/p", body, overwrite=True)).json()["version"] == version


@pytest.mark.parametrize("version", ["", "a", "0", "0.0.0", "1..2", 1, "-1", "1.2.x", "1.x.3", "."])
async def test_versions_that_are_none(guest: Client, version: Any) -> None:
    refused = await put(guest, "packages/p", {"version": version})
    assert told(refused) == (400, "semantic version malformed")


@pytest.mark.parametrize("path", ["packages/p", "triggers/t", "actions/a", "rules/r"])
async def test_all_collections_want_an_object(guest: Client, path: str) -> None:
    assert (await put(guest, path, [])).status_code == 400
    refused = await put(guest, path, {"publish": "yes"})
    assert told(refused) == (400, 'Expected JsBoolean, but got "yes"')


# -- names ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "_", "a b", "a.b@c-d&e", "a" * 256, "1"])
async def test_names(guest: Client, name: str) -> None:
    assert (await put(guest, f"triggers/{name}", {})).json()["name"] == name
    assert (await guest.get(f"/triggers/{name}")).status_code == 200


@pytest.mark.parametrize("name", [" a", "a ", "-a", "a$", "ä", ".a", "a%0A", "@"])
async def test_names_that_are_none(guest: Client, name: str) -> None:
    refused = await put(guest, f"triggers/{name}", {})
    assert told(refused) == (400, "The name of the entity contains illegal characters.")


async def test_a_name_is_of_one_collection(guest: Client) -> None:
    await put(guest, "triggers/x", {})
    text = "Resource by this name exists but is not in this collection."
    for path in ("rules/x", "actions/x", "packages/x"):
        assert told(await guest.get(f"/{path}")) == (409, text)
        assert told(await guest.delete(f"/{path}")) == (409, text)
