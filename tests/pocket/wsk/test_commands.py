"""wsk's commands beyond the guide's."""

from __future__ import annotations

import asyncio
import json
from typing import cast

import httpx
import pytest

from owlab.pocket.machines.machine import Machine
from owlab.pocket.service.lab import PocketLab
from tests.waiting import eventually

from ..openwhisk.conftest import GUEST
from .conftest import Shell

ECHO = "echo 'function main(a) { console.log(\"hi\"); return a }' > echo.js\n"
WSK = "sudo wsk -i"


def rows(text: str) -> list[str]:
    """The first words of a list's lines."""
    return [line.split()[0] for line in text.splitlines()]


async def test_update_keeps_what_is_not_given(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js -p a 1 -a k v -m 128")
    ran = await shell(f"{WSK} action update e -t 5000")
    assert (ran.status, ran.out) == (0, "ok: updated action e\n")
    ran = await shell(f"{WSK} action get e")
    head, _, text = ran.out.partition("\n")
    found = json.loads(text)
    assert head == "ok: got action e"
    assert found["limits"] == {"concurrency": 1, "logs": 10, "memory": 128, "timeout": 5000}
    assert found["version"] == "0.0.2"
    assert found["parameters"] == [{"key": "a", "value": 1}]
    assert {"key": "k", "value": "v"} in found["annotations"]
    assert (await shell(f"{WSK} action invoke e -r -p b two")).out == (
        '{\n    "a": 1,\n    "b": "two"\n}\n'
    )
    # An update of what is not there makes it.
    assert (await shell(f"{WSK} action update f echo.js")).out == "ok: updated action f\n"


async def test_field_and_summary(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js -p a 1 -a description 'Says it again'")
    ran = await shell(f"{WSK} action get e limits")
    assert ran.out.startswith("ok: got action e, displaying field limits\n{")
    ran = await shell(f"{WSK} action get e nothing")
    assert "error: Invalid field filter 'nothing'." in ran.err
    ran = await shell(f"{WSK} action get e --summary")
    assert ran.out == "action /guest/e: Says it again\n   (parameters: *a)\n"
    ran = await shell(f"{WSK} package get --summary /whisk.system/utils")
    assert ran.out.startswith("package /whisk.system/utils: Building blocks")
    assert " action /whisk.system/utils/sort" in ran.out


async def test_copy(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js -p a 1 -a k v")
    ran = await shell(f"{WSK} action create f --copy e -p b 2")
    assert (ran.status, ran.out) == (0, "ok: created action f\n")
    ran = await shell(f"{WSK} action invoke f -r")
    assert json.loads(ran.out) == {"a": 1, "b": 2}
    ran = await shell(f"{WSK} action create cat --copy /whisk.system/utils/cat")
    assert ran.status == 0, ran.err


async def test_save(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js")
    ran = await shell(f"{WSK} action get e --save")
    assert (ran.status, ran.out) == (0, "ok: saved action code to /home/ubuntu/e.js\n")
    assert (await shell("cmp e.js echo.js && echo same")).out == "same\n"
    ran = await shell(f"{WSK} action get e --save")
    assert (ran.status, ran.err.splitlines()[0]) == (2, "error: The file 'e.js' already exists")
    ran = await shell(f"{WSK} action get e --save-as other.js")
    assert ran.out == "ok: saved action code to /home/ubuntu/other.js\n"


async def test_sequence(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js")
    ran = await shell(f"{WSK} action create s --sequence e,/whisk.system/utils/sort")
    assert ran.out == "ok: created action s\n", ran.err
    ran = await shell(f"""{WSK} action invoke s -r -p lines '["b","a"]'""")
    assert json.loads(ran.out)["lines"] == ["a", "b"]
    ran = await shell(f"{WSK} action get s --save")
    assert "Cannot save action sequences" in ran.err


@pytest.mark.parametrize(("secure", "kind"), [("true", int), ("open-sesame", str)])
async def test_web_secure(shell: Shell, configured: str, secure: str, kind: type) -> None:
    ran = await shell(f"{ECHO}{WSK} action create e echo.js --web true --web-secure {secure}")
    assert ran.status == 0, ran.err
    ran = await shell(f"{WSK} action get e annotations")
    annotations = json.loads(ran.out.partition("\n")[2])
    [secret] = [a["value"] for a in annotations if a["key"] == "require-whisk-auth"]
    assert isinstance(secret, kind)
    url = f"https://{configured}/api/v1/web/guest/default/e.json"
    async with httpx.AsyncClient(verify=False, trust_env=False) as client:
        assert (await client.get(url)).status_code == 401
        answer = await client.get(url, headers={"X-Require-Whisk-Auth": str(secret)})
    assert answer.json()["__ow_method"] == "get"
    ran = await shell(f"{WSK} action create f echo.js --web-secure true")
    assert ran.status != 0 and "only valid when the --web option" in ran.err


async def test_web_false(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js --web true")
    assert (await shell(f"{WSK} action update e --web false")).status == 0
    ran = await shell(f"{WSK} action get e --url")
    url = f"https://{configured}/api/v1/namespaces/guest/actions/e"
    assert ran.out == f"ok: got action e\n{url}\n"
    ran = await shell(f"{WSK} action update e --web perhaps")
    assert "Invalid argument 'perhaps' for --web flag." in ran.err


async def test_triggers_and_rules(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js")
    assert (await shell(f"{WSK} trigger create t -p a 1")).out == "ok: created trigger t\n"
    assert (await shell(f"{WSK} trigger fire t")).out == "ok: triggered /_/t with id \n"
    assert (await shell(f"{WSK} rule create r t e")).out == "ok: created rule r\n"
    assert (await shell(f"{WSK} rule status r")).out == "ok: rule r is active\n"
    ran = await shell(f"{WSK} trigger fire t -p b 2")
    assert ran.out.startswith("ok: triggered /_/t with id ") and len(ran.out.split()[-1]) == 32
    assert (await shell(f"{WSK} rule disable r")).out == "ok: disabled rule r\n"
    assert (await shell(f"{WSK} trigger fire t")).out == "ok: triggered /_/t with id \n"
    ran = await shell(f"{WSK} rule list")
    assert ran.out == f"rules\n{'/guest/r':<70} {'private':<20} inactive\n"
    assert (await shell(f"{WSK} rule enable r")).out == "ok: enabled rule r\n"
    assert (await shell(f"{WSK} trigger list")).out == f"triggers\n{'/guest/t':<70} private\n"
    assert (await shell(f"{WSK} trigger update t -p c 3")).out == "ok: updated trigger t\n"
    ran = await shell(f"{WSK} trigger get t")
    assert ran.out.startswith("ok: got trigger t\n{")
    assert (await shell(f"{WSK} rule delete r")).out == "ok: deleted rule r\n"
    assert (await shell(f"{WSK} trigger delete t")).out == "ok: deleted trigger t\n"


async def test_packages_and_bindings(shell: Shell, configured: str) -> None:
    assert (await shell(f"{WSK} package create p -p a 1")).out == "ok: created package p\n"
    await shell(f"{ECHO}{WSK} action create p/e echo.js")
    assert (await shell(f"{WSK} package bind p b -p c 2")).out == "ok: created binding b\n"
    ran = await shell(f"{WSK} action invoke b/e -r")
    assert json.loads(ran.out) == {"a": 1, "c": 2}
    ran = await shell(f"{WSK} package bind /whisk.system/utils u")
    assert ran.out == "ok: created binding u\n"
    ran = await shell(f"{WSK} action list u")
    assert "/whisk.system/utils/sort" in rows(ran.out)
    assert rows((await shell(f"{WSK} package list")).out) == [
        "packages",
        "/guest/u",
        "/guest/b",
        "/guest/p",
    ]
    ran = await shell(f"{WSK} package update p --shared yes")
    assert (await shell(f"{WSK} package list -n")).out.endswith(f"{'/guest/u':<70} private\n")
    ran = await shell(f"{WSK} package delete b")
    assert ran.out == "ok: deleted package b\n"


async def test_list_everything(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js\n{WSK} trigger create t\n")
    await shell(f"{WSK} package create p\n{WSK} rule create r t e")
    ran = await shell(f"{WSK} list")
    first, *rest = ran.out.splitlines()
    assert first == "Entities in namespace: default"
    assert [line.split()[0] for line in rest] == [
        "packages",
        "/guest/p",
        "actions",
        "/guest/e",
        "triggers",
        "/guest/t",
        "rules",
        "/guest/r",
    ]
    assert (await shell(f"{WSK} namespace list")).out == "namespaces\nguest\n"


async def test_poll(shell: Shell, machine: Machine, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js")
    shown = bytearray()

    async def keep(data: bytes) -> None:
        shown.extend(data)

    polling = machine.session().run(f"{WSK} activation poll", keep, keep)
    running = asyncio.create_task(polling)
    begun = b"Enter Ctrl-c to exit.\nPolling for activation logs\n"
    await eventually(lambda: begun in shown)
    await shell(f"{WSK} action invoke e -r")
    await eventually(lambda: b"stdout: hi" in shown)
    assert b"\nActivation: 'e' (" in shown
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_poll_ends_when_it_was_told_to(shell: Shell, configured: str) -> None:
    ran = await shell(f"{WSK} activation poll --exit 1")
    assert (ran.status, ran.err) == (0, "")


async def test_activation_result_and_summary(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js\n{WSK} action invoke e -b -p a 1")
    assert (await shell(f"{WSK} activation result --last")).out == '{\n    "a": 1\n}\n'
    ran = await shell(f"{WSK} activation get --last --summary")
    assert ran.out.startswith("activation result for '/guest/e' (success at ")
    ran = await shell(f"{WSK} activation get --last response")
    assert ran.out.splitlines()[0].endswith(", displaying field response")
    ran = await shell(f"{WSK} activation list e --limit 1 --full")
    assert ran.out.startswith("activations\n{")


async def test_verbose(shell: Shell, configured: str) -> None:
    ran = await shell(f"{WSK} -v action list")
    assert "REQUEST:\n[GET]\thttps://" in ran.out and "code 200" in ran.out
    assert GUEST not in ran.out and GUEST.split(":")[1] not in ran.out


async def test_own_authority(shell: Shell, machine: Machine, host: str) -> None:
    machine.write("/home/ubuntu/ca.crt", cast(PocketLab, machine.lab).authority.pem)
    line = f"wsk --apihost {host} --auth {GUEST} action list"
    assert (await shell(line)).status == 3
    ran = await shell(f"SSL_CERT_FILE=ca.crt {line}")
    assert (ran.status, ran.out) == (0, "actions\n"), ran.err


async def test_config_file_and_environment(shell: Shell, host: str) -> None:
    ran = await shell(
        f"export WSK_CONFIG_FILE=/home/ubuntu/mine\nwsk property set --apihost {host}\n"
        f"wsk property set --auth {GUEST} > /dev/null\nwsk -i action list\nls -a"
    )
    assert "actions\n" in ran.out and "mine" in ran.out.split() and ".wskprops" not in ran.out
    ran = await shell(f"WHISK_APIHOST={host} WHISK_AUTH={GUEST} wsk -i action list")
    assert (ran.status, ran.out) == (0, "actions\n"), ran.err


async def test_a_config_file_that_cannot_be_read(shell: Shell) -> None:
    ran = await shell("mkdir d; WSK_CONFIG_FILE=d wsk property get --apihost")
    text = "error: Unable to read the properties file '/home/ubuntu/d': "
    assert ran.status == 1 and ran.err.startswith(text)


async def test_what_the_lab_has_not_says_so(shell: Shell, configured: str) -> None:
    ran = await shell(f"{ECHO}{WSK} action create e --docker me/mine echo.js")
    assert ran.status == 0, ran.err
    ran = await shell(f"{WSK} action invoke e -r")
    assert ran.status == 246 and "The pocket lab runs no container images but" in ran.err
    ran = await shell(f"{WSK} action invoke /whisk.system/messaging/kafkaProduce -r")
    assert ran.status == 246 and "is not simulated by the pocket lab" in ran.err


async def test_native_actions_run(shell: Shell, configured: str) -> None:
    await shell("""cat > exec.sh <<'EOF'
#!/bin/sh
echo seen
echo '{"got": '"$1"'}'
EOF""")
    ran = await shell(f"{WSK} action create n --native exec.sh && {WSK} action invoke n -r -p a 1")
    assert json.loads(ran.out.partition("created action n\n")[2]) == {"got": {"a": 1}}, ran


async def test_an_api_in_the_order_of_wsk(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js --web true")
    made = await shell(f"{WSK} api create /base /path get e --response-type json")
    assert made.out.startswith("ok: created API /base/path GET for action /_/e\n"), made
    shown = json.loads((await shell(f"{WSK} api get /base")).out)
    assert list(shown) == ["swagger", "basePath", "info", "paths"]
    full = json.loads((await shell(f"{WSK} api get /base --full")).out)
    assert list(full) == ["namespace", "gwApiUrl", "gwApiActivated", "tenantId", "apidoc"]
    assert list(full["apidoc"]) == list(shown)


async def test_who_may_read_the_properties(shell: Shell) -> None:
    """A new file is as the umask wants it; one that is there keeps its mode."""
    lines = (
        "umask 022; wsk property set --auth a:b; stat -c %a .wskprops",
        "chmod 640 .wskprops; wsk property set --auth c:d; stat -c %a .wskprops; cat .wskprops",
        "umask 077; WSK_CONFIG_FILE=other wsk property set --auth e:f; stat -c %a other",
    )
    said = "ok: whisk auth set. Run 'wsk property get --auth' to see the new value.\n"
    ran = await shell("; ".join(lines))
    assert ran.out == f"{said}644\n{said}640\nAUTH=c:d\n{said}600\n"


async def test_the_actions_of_a_sequence_are_named_in_full(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}{WSK} action create e echo.js; {WSK} package create pk")
    await shell(f"{WSK} action create pk/f echo.js")
    names = "e,pk/f,/_/e,/_/pk/f,guest/pk/f,/guest/pk/f"
    ran = await shell(f"{WSK} action create s --sequence {names}; {WSK} action get s exec")
    found = json.loads(ran.out.partition("field exec\n")[2])
    e, f = "/guest/e", "/guest/pk/f"
    assert found == {"kind": "sequence", "components": [e, f, e, f, f, f], "binary": False}
