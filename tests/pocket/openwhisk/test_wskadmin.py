"""wskadmin: users, keys, limits."""

from __future__ import annotations

from owlab.pocket.openwhisk.service import Service
from owlab.pocket.openwhisk.wskadmin import run

from .conftest import GUEST, Client, client_for

ECHO = "function main(args) { return args }"
KEY = "33333333-2222-4333-8444-555555555555:" + "k" * 64


async def test_a_user_lives(service: Service) -> None:
    subjects = service.subjects
    assert run(subjects, ["user", "get", "guest"]) == (0, f"{GUEST}\n", "")
    assert run(subjects, ["user", "create", "ada", "-u", KEY])[0] == 2
    assert run(subjects, ["user", "create", "ada-l", "-u", KEY]) == (0, f"{KEY}\n", "")
    assert run(subjects, ["user", "create", "ada-l"]) == (1, "Namespace already exists\n", "")
    told = run(subjects, ["user", "whois", KEY])[1]
    assert told == "subject: ada-l\nnamespace: ada-l\n"
    async with client_for(service, KEY) as ada:
        await ada.action("echo", ECHO)
        assert (await ada.call("echo", a=1)).json()["subject"] == "ada-l"
        assert (await ada.get("https://ow/api/v1/namespaces")).json() == ["ada-l"]
        assert run(subjects, ["user", "block", "ada-l"])[1] == '"ada-l" blocked successfully\n'
        assert (await ada.get("/actions")).status_code == 401
        run(subjects, ["user", "unblock", "ada-l"])
        assert (await ada.get("/actions")).status_code == 200
        new = run(subjects, ["user", "create", "ada-l", "--revoke"])[1].strip()
        assert (await ada.get("/actions")).status_code == 401 and new != KEY
    assert run(subjects, ["user", "delete", "ada-l"]) == (0, "Subject deleted\n", "")
    assert run(subjects, ["user", "get", "ada-l"])[0] == 1


async def test_limits_of_a_namespace_are_obeyed(service: Service, guest: Client) -> None:
    subjects = service.subjects
    await guest.action("echo", ECHO)
    none = "No limits found, default system limits apply\n"
    assert run(subjects, ["limits", "get", "guest"])[1] == none
    words = ["limits", "set", "guest", "--invocationsPerMinute", "1", "--storeActivations", "false"]
    assert run(subjects, words)[1] == 'Limits successfully set for "guest"\n'
    told = (await guest.get("/limits")).json()
    assert (told["invocationsPerMinute"], told["storeActivations"]) == (1, False)
    assert (await guest.call("echo")).status_code == 200
    assert (await guest.get("/activations")).json() == []
    assert (await guest.call("echo")).status_code == 429
    run(subjects, ["limits", "delete", "guest"])
    assert (await guest.call("echo")).status_code == 200
    run(subjects, ["limits", "set", "guest", "--allowedKinds", "python:3"])
    answer = await guest.call("echo")
    assert answer.status_code == 403 and "actions of kind 'nodejs:14'" in answer.json()["error"]


def test_what_it_has_not(service: Service) -> None:
    status, out, err = run(service.subjects, ["db", "get", "whisks"])
    assert (status, out) == (2, "") and "not part of the pocket lab" in err
    assert run(service.subjects, ["user"])[0] == 2
