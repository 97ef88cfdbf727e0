"""wskadmin: users, keys, limits."""

from __future__ import annotations

import json

from owlab.pocket.openwhisk.service import Service
from owlab.pocket.openwhisk.wskadmin import run

from .conftest import GUEST, Client, client_for

ECHO = "function main(args) { return args }"
KEY = "33333333-2222-4333-8444-555555555555:" + "k" * 64


async def test_a_user_lives(service: Service) -> None:
    assert run(service, ["user", "get", "guest"]) == (0, f"{GUEST}\n", "")
    assert run(service, ["user", "create", "ada", "-u", KEY])[0] == 2
    assert run(service, ["user", "create", "ada-l", "-u", KEY]) == (0, f"{KEY}\n", "")
    assert run(service, ["user", "create", "ada-l"]) == (1, "Namespace already exists\n", "")
    told = run(service, ["user", "whois", KEY])[1]
    assert told == "subject: ada-l\nnamespace: ada-l\n"
    async with client_for(service, KEY) as ada:
        await ada.action("echo", ECHO)
        assert (await ada.call("echo", a=1)).json()["subject"] == "ada-l"
        assert (await ada.get("https://ow/api/v1/namespaces")).json() == ["ada-l"]
        assert run(service, ["user", "block", "ada-l"])[1] == '"ada-l" blocked successfully\n'
        assert (await ada.get("/actions")).status_code == 401
        run(service, ["user", "unblock", "ada-l"])
        assert (await ada.get("/actions")).status_code == 200
        new = run(service, ["user", "create", "ada-l", "--revoke"])[1].strip()
        assert (await ada.get("/actions")).status_code == 401 and new != KEY
    assert run(service, ["user", "delete", "ada-l"]) == (0, "Subject deleted\n", "")
    assert run(service, ["user", "get", "ada-l"])[0] == 1


async def test_limits_of_a_namespace_are_obeyed(service: Service, guest: Client) -> None:
    await guest.action("echo", ECHO)
    none = "No limits found, default system limits apply\n"
    assert run(service, ["limits", "get", "guest"])[1] == none
    words = ["limits", "set", "guest", "--invocationsPerMinute", "1", "--storeActivations", "false"]
    assert run(service, words)[1] == 'Limits successfully set for "guest"\n'
    told = (await guest.get("/limits")).json()
    assert (told["invocationsPerMinute"], told["storeActivations"]) == (1, False)
    assert (await guest.call("echo")).status_code == 200
    assert (await guest.get("/activations")).json() == []
    assert (await guest.call("echo")).status_code == 429
    run(service, ["limits", "delete", "guest"])
    assert (await guest.call("echo")).status_code == 200
    run(service, ["limits", "set", "guest", "--allowedKinds", "python:3"])
    answer = await guest.call("echo")
    assert answer.status_code == 403 and "actions of kind 'nodejs:14'" in answer.json()["error"]


async def test_databases_are_listed(service: Service, guest: Client) -> None:
    await guest.action("echo", ECHO)
    answer = await guest.call("echo")
    identifier = answer.json()["activationId"]
    status, out, _ = run(service, ["db", "get", "whisks", "--docs"])
    head, _, text = out.partition("\n")
    assert (status, head) == (0, "getting contents for test_whisks (primary index)")
    found = json.loads(text)
    (row,) = [row for row in found["rows"] if row["id"] == "guest/echo"]
    assert found["total_rows"] == len(found["rows"])
    assert (row["doc"]["entityType"], row["doc"]["exec"]["code"]) == ("action", ECHO)
    assert row["doc"]["_rev"] == row["value"]["rev"]
    bare = json.loads(run(service, ["db", "get", "activations"])[1].partition("\n")[2])
    assert {"id": f"guest/{identifier}"}.items() <= bare["rows"][0].items()
    assert "doc" not in bare["rows"][0]
    run(service, ["limits", "set", "guest", "--firesPerMinute", "7"])
    run(service, ["user", "block", "guest"])
    told = json.loads(run(service, ["db", "get", "subjects", "--docs"])[1].partition("\n")[2])
    documents = {row["id"]: row["doc"] for row in told["rows"]}
    assert documents["guest/limits"]["firesPerMinute"] == 7
    uid, _, key = GUEST.partition(":")
    assert documents["guest"]["namespaces"] == [{"name": "guest", "uuid": uid, "key": key}]
    assert documents["guest"]["blocked"] is True


def test_what_it_has_not(service: Service) -> None:
    status, out, _ = run(service, ["db", "get", "nothing"])
    assert status == 1 and "Database does not exist." in out
    assert run(service, ["db", "get", "whisks", "-w", "nothing"])[0] == 2
    status, out, err = run(service, ["db", "get", "whisks", "-w", "whisks.v2.1.0/actions"])
    assert (status, out) == (2, "") and "no views" in err
    assert run(service, ["user"])[0] == 2


def test_no_logs_are_where_it_looks(service: Service) -> None:
    status, out, err = run(service, ["syslog", "get", "invoker0"])
    assert (status, out) == (0, "")
    first, second = err.splitlines()
    assert first == "cat: /var/log/invoker0/invoker0_logs.log: No such file or directory"
    assert "kubectl logs" in second


def test_each_command_explains_itself(service: Service) -> None:
    for words in ((), ("user",), ("user", "create"), ("limits", "set"), ("db", "get"), ("syslog",)):
        status, out, _ = run(service, [*words, "--help"])
        assert status == 0 and out.startswith(f"usage: wskadmin {' '.join(words)}".rstrip())
