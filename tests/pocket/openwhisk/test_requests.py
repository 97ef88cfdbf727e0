"""The words of a request, whatever it asks for: queries, headers, methods, bodies, keys."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from owlab.pocket.openwhisk.entity_names import Identity, token_of
from owlab.pocket.openwhisk.limits import Limits
from owlab.pocket.openwhisk.refusals import WhiskError
from owlab.pocket.openwhisk.service import Service
from owlab.pocket.openwhisk.throttle import Throttle

from .conftest import GUEST, Client

CODE = "function main() {}"


def query(name: str, why: str) -> str:
    return f"The query parameter '{name}' was malformed:\n{why}"


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


@pytest.fixture
async def many(guest: Client) -> Client:
    """Triggers 0 to 34."""
    for number in range(35):
        await guest.put(f"/triggers/t{number}", json={})
    return guest


# -- lists ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "first", "count"),
    [
        ("", "t34", 30),
        ("limit=2", "t34", 2),
        # Zero stands for as many as there may be.
        ("limit=0", "t34", 35),
        ("limit=200", "t34", 35),
        ("skip=1&limit=2", "t33", 2),
        ("skip=34", "t0", 1),
        ("skip=%2B34", "t0", 1),
        ("skip=35", None, 0),
    ],
)
async def test_pages(many: Client, asked: str, first: str | None, count: int) -> None:
    rows = (await many.get(f"/triggers?{asked}")).json()
    assert len(rows) == count
    assert (rows[0]["name"] if rows else None) == first


async def test_lists_are_counted(many: Client) -> None:
    for asked, count in (("", 35), ("&skip=30", 5), ("&skip=99", 0), ("&limit=3", 35)):
        answer = await many.get(f"/triggers?count=true{asked}")
        assert answer.json() == {"triggers": count}, asked
    assert len((await many.get("/triggers?count=false&limit=1")).json()) == 1


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("limit=201", query("limit", "The value '201' is not in the range of 0 to 200 for rules.")),
        ("limit=-1", query("limit", "The value '-1' is not in the range of 0 to 200 for rules.")),
        ("limit=1.5", query("limit", "The value '1.5' is not an integer for rules.")),
        ("skip=", query("skip", "The value '' is not an integer for rules.")),
        ("skip=-1",
         query("skip", "The value '-1' is not greater than or equal to 0 for rules.")),
        ("count=maybe", query("count", "'maybe' is not a valid Boolean value")),
    ],
)  # fmt: skip
async def test_pages_that_are_none(guest: Client, asked: str, sentence: str) -> None:
    assert told(await guest.get(f"/rules?{asked}")) == (400, sentence)


@pytest.mark.parametrize(
    ("word", "truth"),
    [("true", True), ("YES", True), ("on", True), ("1", True), ("false", False), ("No", False),
     ("off", False), ("0", False)],
)  # fmt: skip
async def test_truth(guest: Client, word: str, truth: bool) -> None:
    await guest.put("/triggers/t", json={})
    answer = await guest.put(f"/triggers/t?overwrite={word}", json={})
    assert answer.status_code == (200 if truth else 409)


# -- bodies and headers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("application/JSON; charset=utf-8", 200),
        ("text/json", 415),
        ("application/vnd.x+json", 415),
    ],
)
async def test_bodies_are_json(guest: Client, kind: str, status: int) -> None:
    answer = await guest.put("/triggers/t", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == status
    if status == 415:
        text = f"Content-Type [{kind}] is not supported. Expected:\napplication/json"
        assert told(answer)[1].endswith(text)


async def test_a_body_without_a_type(guest: Client) -> None:
    answer = await guest.put("/triggers/t", content=b"{}")
    text = "The request's Content-Type is not supported. Expected:\napplication/json"
    assert told(answer) == (415, text)
    # And none at all is an empty object.
    assert (await guest.put("/triggers/t")).status_code == 200


@pytest.mark.parametrize("limits", [{"payload": 20}])
async def test_payloads_have_a_largest_size(guest: Client) -> None:
    await guest.put("/triggers/t", json={})
    headers = {"Content-Type": "application/json"}
    fits, large = b'{"a": "0123456789 "}', b'{"a": "0123456789  "}'
    assert (await guest.post("/triggers/t", content=fits, headers=headers)).status_code == 204
    answer = await guest.post("/triggers/t", content=large, headers=headers)
    assert told(answer) == (413, "Request larger than allowed: 21 > 20 bytes.")
    answer = await guest.post("/triggers/t", content=b"[1]", headers=headers)
    assert told(answer)[1].endswith("Object expected in field")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200),
        (" ", 200),
        ("*/*", 200),
        ("application/json", 200),
        ("APPLICATION/*", 200),
        ("text/html, application/json;q=0.5", 200),
        ("application/json;q=0.0", 406),
        ("application/json; q=0, */*;q=0.1", 200),
        ("*/*;q=0", 406),
        ("text/*", 406),
        ("application/xml", 406),
        ("json", 406),
    ],
)
async def test_what_the_client_accepts(guest: Client, accept: str, status: int) -> None:
    answer = await guest.get("/rules", headers={"Accept": accept})
    assert answer.status_code == status
    if status == 406:
        text = "Resource representation is only available with these types:\napplication/json"
        assert answer.json()["error"] == text


@pytest.mark.parametrize(
    ("given", "kept"),
    [("my-Request_1.2", True), ("x" * 128, True), ("x" * 129, False), ("a b", False), ("", False)],
)
async def test_a_request_has_an_id(guest: Client, given: str, kept: bool) -> None:
    for path in ("/triggers/none", "/rules"):
        answer = await guest.get(path, headers={"X-Request-ID": given})
        assert (answer.headers["x-request-id"] == given) is kept
        assert answer.headers["x-request-id"]
    missing = await guest.get("/triggers/none", headers={"X-Request-ID": given})
    assert missing.json()["code"] == missing.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/actions", ["GET"]),
        ("/actions/a", ["GET", "PUT", "DELETE", "POST"]),
        ("/activations", ["GET"]),
        ("/limits", ["GET"]),
    ],
)
async def test_methods(guest: Client, path: str, methods: list[str]) -> None:
    answer = await guest.patch(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, ", ".join(methods))
    assert answer.json()["error"].endswith(f"supported methods: {', '.join(methods)}")
    if "POST" not in methods:
        assert (await guest.post(path)).status_code == 405


async def test_options_need_no_key(nobody: Client) -> None:
    answer = await nobody.options("/api/v1/namespaces/_/actions")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["access-control-allow-methods"] == "GET, DELETE, POST, PUT, HEAD"


async def test_a_package_is_not_called(guest: Client) -> None:
    await guest.put("/packages/p", json={})
    text = "The requested resource could not be found."
    assert told(await guest.post("/packages/p", json={})) == (404, text)


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_slash_at_the_end_of_a_list(guest: Client, slash: str) -> None:
    for path in ("/actions", "/rules", "/triggers", "/packages", "/activations", "/limits"):
        assert (await guest.get(path + slash)).status_code == 200
    url = f"https://ow/api/v1/namespaces{slash}"
    assert (await guest.get(url)).json() == ["guest"]
    await guest.put("/triggers/t", json={})
    # It is another name for an entity.
    assert (await guest.get(f"/triggers/t{slash}")).status_code == (404 if slash else 200)


@pytest.mark.parametrize("limits", [{"code": 10}])
async def test_a_body_is_not_read_to_its_end(guest: Client) -> None:
    answer = await guest.put("/triggers/t", content=b" " * 21)
    assert told(answer) == (413, "Request larger than allowed: 21 > 20 bytes.")


# -- calls ---------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", ["0", "60001", "-5", "x", "", "1.5"])
async def test_how_long_a_call_waits(guest: Client, timeout: str) -> None:
    await guest.action("f", CODE)
    answer = await guest.post(f"/actions/f?blocking=true&timeout={timeout}")
    text = query("timeout", "Timeout must be number of milliseconds up to 60000.")
    assert told(answer) == (400, text)


async def test_a_call_that_takes_too_long_for_who_waits(guest: Client, service: Service) -> None:
    code = "function main() { return new Promise((done) => setTimeout(() => done({}), 300)) }"
    await guest.action("f", code)
    answer = await guest.post("/actions/f?blocking=true&timeout=1")
    assert (answer.status_code, list(answer.json())) == (202, ["activationId"])
    assert answer.headers["x-openwhisk-activation-id"] == answer.json()["activationId"]
    await service.settled()
    assert (await guest.get(f"/activations/{answer.json()['activationId']}")).status_code == 200
    answer = await guest.post("/actions/f?blocking=true&timeout=60000")
    assert answer.status_code == 200


# -- callers -------------------------------------------------------------------------------

ADA = Identity("ada", "uid:secret")


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_a_key_is_somebodys(scheme: str) -> None:
    header = basic(ADA.key).replace("Basic", scheme)
    assert token_of(header, [Identity("bob", "a:b"), ADA]) is ADA


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (None, "The resource requires authentication, which was not supplied with the request"),
        ("", "The resource requires authentication, which was not supplied with the request"),
        (basic("uid:secre"), "The supplied authentication is invalid."),
        ("Bearer uid:secret", "The supplied authentication is invalid."),
        ("Basic", "The supplied authentication is invalid."),
        ("Basic ***", "The supplied authentication is invalid."),
    ],
)
def test_a_key_is_nobodys(header: str | None, sentence: str) -> None:
    with pytest.raises(WhiskError) as refused:
        token_of(header, [ADA])
    assert (refused.value.status, refused.value.message) == (401, sentence)
    assert refused.value.headers == {"WWW-Authenticate": 'Basic realm="OpenWhisk secure realm"'}


async def test_a_foreign_namespace(guest: Client) -> None:
    foreign = "https://ow/api/v1/namespaces/other"
    text = "The supplied authentication is not authorized to access this resource."
    for path in ("actions", "actions/a", "rules", "triggers/t", "activations", "limits",
                 "packages/p", "actions/p/a"):  # fmt: skip
        assert told(await guest.get(f"{foreign}/{path}")) == (403, text), path
    for path in ("actions/a", "rules/r", "triggers/t", "packages/p"):
        assert told(await guest.put(f"{foreign}/{path}", json={})) == (403, text), path
        assert told(await guest.delete(f"{foreign}/{path}")) == (403, text), path
    # Its own it may name.
    own = "https://ow/api/v1/namespaces/guest/actions"
    assert (await guest.get(own)).json() == []
    # Of shared packages anybody may ask.
    assert (await guest.get(f"{foreign}/packages")).json() == []


# -- web actions ---------------------------------------------------------------------------

WEB = "https://ow/api/v1/web/guest/default"


@pytest.mark.parametrize(
    ("required", "header", "key", "status"),
    [
        (True, None, False, 401),
        (True, None, True, 200),
        (True, "true", False, 401),
        (False, None, False, 200),
        ("s3", None, True, 401),
        ("s3", "s3", False, 200),
        ("s3", "s4", False, 401),
        (7, "7", False, 200),
        (7, "8", False, 401),
        ({"a": 1}, "x", True, 401),
        (None, None, True, 401),
    ],
)
async def test_what_a_web_action_requires(
    guest: Client, nobody: Client, required: Any, header: str | None, key: bool, status: int
) -> None:
    pairs = {"web-export": True, "require-whisk-auth": required, "web-custom-options": True}
    code = "function main() { return {body: 'x'} }"
    annotations = [{"key": name, "value": value} for name, value in pairs.items()]
    await guest.action("w", code, annotations=annotations)
    headers = {"X-Require-Whisk-Auth": header} if header is not None else {}
    user = httpx.BasicAuth(*GUEST.split(":", 1)) if key else None
    answer = await nobody.get(f"{WEB}/w", headers=headers, auth=user)
    assert answer.status_code == status


@pytest.mark.parametrize(
    "path",
    ["", "guest", "guest/default", "guest/default/", "guest//w", "none/default/w",
     "guest/none/w", "guest/default/none"],
)  # fmt: skip
async def test_what_is_no_web_action(guest: Client, nobody: Client, path: str) -> None:
    answer = await nobody.get(f"https://ow/api/v1/web/{path}")
    assert told(answer) == (404, "The requested resource does not exist.")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == (
        "OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH"
    )


@pytest.mark.parametrize("limits", [{"payload": 20}])
async def test_a_web_actions_body_has_a_largest_size(guest: Client, nobody: Client) -> None:
    code = "function main() { return {body: 'x'} }"
    await guest.action("w", code, annotations=[{"key": "web-export", "value": True}])
    assert (await nobody.post(f"{WEB}/w", content=b"x" * 20)).status_code == 200
    answer = await nobody.post(f"{WEB}/w", content=b"x" * 21)
    assert told(answer) == (413, "Request larger than allowed: 21 > 20 bytes.")


async def test_what_openwhisk_tells_of_itself(nobody: Client) -> None:
    told = (await nobody.get("/")).json()
    assert told["limits"] == {
        "actions_per_minute": 1000,
        "concurrent_actions": 30,
        "max_action_duration": 300_000,
        "max_action_logs": 10 * 2**20,
        "max_action_memory": 512 * 2**20,
        "min_action_duration": 100,
        "min_action_logs": 0,
        "min_action_memory": 128 * 2**20,
        "sequence_length": 50,
        "triggers_per_minute": 60,
    }
    assert (await nobody.get("/ping")).text == "pong"
    assert (await nobody.get("/invokers/ready")).json() == {"healthy": "1/1"}
    assert (await nobody.get("/api/v1")).json()["api_version_path"] == "v1"
    assert "/api/v1/api-docs" in (await nobody.get("/api/v1/docs")).text
    missing = await nobody.get("/api/v1/nothing")
    assert missing.status_code == 404


# -- rates ---------------------------------------------------------------------------------


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    known = [1000.0]
    monkeypatch.setattr("owlab.pocket.openwhisk.throttle.time.monotonic", lambda: known[0])
    return known


def test_a_minute_passes(now: list[float]) -> None:
    throttle = Throttle(Limits(invocations_per_minute=2, fires_per_minute=1))
    throttle.invoking("a")
    now[0] += 30
    throttle.invoking("a")
    throttle.invoking("b")
    throttle.firing("a")
    for _ in range(3):
        with pytest.raises(WhiskError, match=r"\(count: 3, allowed: 2\)"):
            throttle.invoking("a")
    with pytest.raises(WhiskError, match=r"\(count: 2, allowed: 1\)") as refused:
        throttle.firing("a")
    assert refused.value.status == 429
    now[0] += 29.9
    with pytest.raises(WhiskError):
        throttle.invoking("a")
    # The first is a minute ago; the second, and the refused one, are not.
    now[0] += 0.1
    with pytest.raises(WhiskError, match=r"\(count: 3, allowed: 2\)"):
        throttle.invoking("a")
    now[0] += 60
    throttle.invoking("a")


def test_what_ended_makes_room() -> None:
    throttle = Throttle(Limits(concurrent_invocations=1, invocations_per_minute=100))
    throttle.invoking("a")
    throttle.began("a")
    throttle.invoking("b")
    with pytest.raises(WhiskError, match=r"in flight \(count: 2, allowed: 1\)"):
        throttle.invoking("a")
    throttle.ended("a")
    throttle.invoking("a")


def test_a_namespace_may_have_limits_of_its_own() -> None:
    own = {"invocationsPerMinute": 1, "concurrentInvocations": 2, "firesPerMinute": 3}
    throttle = Throttle(Limits(), lambda namespace: own if namespace == "a" else {})
    mine, other = throttle.allowed("a"), throttle.allowed("b")
    assert (mine.invocations, mine.concurrent, mine.fires) == (1, 2, 3)
    assert (other.invocations, other.concurrent, other.fires) == (60, 30, 60)
