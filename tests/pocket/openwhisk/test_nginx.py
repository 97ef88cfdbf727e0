"""What nginx does in front of OpenWhisk: short addresses of web actions, files of elsewhere."""

from __future__ import annotations

import pytest

from owlab.pocket.openwhisk.nginx import PLACES

from .conftest import Client

ECHO = "function main(args) { return { path: args.__ow_path, name: args.name } }"
WEB = [{"key": "web-export", "value": True}]


@pytest.mark.parametrize("host", ["guest.127.0.0.1", "guest.127.0.0.1:31001"])
async def test_a_namespace_may_be_a_subdomain(guest: Client, nobody: Client, host: str) -> None:
    await guest.put("/packages/demo", json={})
    await guest.action("demo/hello", ECHO, annotations=WEB)
    named = {"host": host}
    answer = await nobody.get("/demo/hello.json/deep?name=Jane", headers=named)
    assert answer.json() == {"path": "/deep", "name": "Jane"}
    # The API is where it always is; what looks like a long address is a short one, too.
    assert (await nobody.get("/api/v1", headers=named)).json()["api_version"] == "1.0.0"
    long = await nobody.get("/api/v1/web/guest/demo/hello.json", headers=named)
    assert long.status_code == 404


@pytest.mark.parametrize("host", ["guest.evil.example", "a.guest.127.0.0.1", "a_b.127.0.0.1"])
async def test_no_other_name_is_one(nobody: Client, host: str) -> None:
    assert (await nobody.get("/demo/hello.json", headers={"host": host})).status_code == 421


@pytest.mark.parametrize("path", PLACES)
async def test_files_are_elsewhere(nobody: Client, path: str) -> None:
    answer = await nobody.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (301, PLACES[path])
    assert "<center>nginx/1.21.1</center>" in answer.text


async def test_every_answer_is_signed_by_nginx_and_nobody_else(
    guest: Client, nobody: Client
) -> None:
    code = "function main() { return {headers: {server: 'mine', 'x-mine': 'yes'}, body: 'b'} }"
    await guest.action("web", code, annotations=WEB)
    answers = [
        await nobody.get("/api/v1/web/guest/default/web"),
        await guest.get("/actions"),
        await nobody.get("/ping"),
        await nobody.get("/ping", headers={"host": "evil.example"}),
    ]
    assert [answer.headers["server"] for answer in answers] == ["nginx/1.21.1"] * 4
    assert answers[0].headers["x-mine"] == "yes"
