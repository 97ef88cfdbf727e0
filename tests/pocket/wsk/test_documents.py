"""OpenWhisk's own documents, one test each: their commands, with functions of ours."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest

from owlab.pocket.machines.machine import Machine

from ..openwhisk.archives import zipped
from .conftest import Shell

GREET = """\
function main(args) {
  return { payload: `Hello, ${args.name || 'stranger'} from ${args.place || 'somewhere'}` };
}
"""
ECHO = "def main(args):\n    return {'response': args}\n"
pytestmark = pytest.mark.usefixtures("configured")


class Wsk:
    """wsk on the machine, and a web client beside it."""

    def __init__(self, shell: Shell, machine: Machine, host: str) -> None:
        self._machine = machine
        self._shell, self._web = shell, f"https://{host}/api/v1/web/guest"
        self.host = host

    async def file(self, name: str, text: str) -> None:
        """A file in the home directory."""
        ran = await self._shell(f"cat > {name} <<'END'\n{text}\nEND")
        assert ran.status == 0, ran

    def zip(self, name: str, files: dict[str, str | bytes]) -> None:
        """An archive there."""
        data = base64.b64decode(zipped(files))
        self._machine.write(f"/home/ubuntu/{name}", data, owner="ubuntu")

    async def __call__(self, line: str, *, status: int = 0) -> str:
        ran = await self._shell(f"sudo wsk -i {line}")
        assert ran.status == status, f"{line}: {ran}"
        return ran.out if status == 0 else ran.err

    async def result(self, line: str) -> Any:
        """What ``invoke --result`` prints."""
        return json.loads(await self(f"action invoke --result {line}"))

    async def record(self, line: str) -> dict[str, Any]:
        """What ``invoke --blocking`` and ``activation get`` print, after their first line."""
        found: dict[str, Any] = json.loads((await self(line)).partition("\n")[2])
        return found

    async def web(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request to a web action."""
        async with httpx.AsyncClient(verify=False) as client:
            return await client.request(method, f"{self._web}/{path}", **more)


@pytest.fixture
async def wsk(shell: Shell, machine: Machine, configured: str) -> Wsk:
    made = Wsk(shell, machine, configured)
    await made.file("greeting.js", GREET)
    await made.file("echo.py", ECHO)
    return made


def _annotations(record: dict[str, Any]) -> dict[str, Any]:
    return {pair["key"]: pair["value"] for pair in record["annotations"]}


async def test_actions(wsk: Wsk) -> None:
    sample = "/whisk.system/samples/greeting"
    assert await wsk.result(f"{sample} --param name Dorothy --param place Kansas") == {
        "payload": "Hello, Dorothy from Kansas!"
    }
    identifier = (await wsk(f"action invoke {sample}")).split()[-1]
    for _ in range(100):
        if identifier in await wsk("activation list --limit 6"):
            break
        await asyncio.sleep(0.05)
    record = await wsk.record(f"activation get {identifier}")
    assert record["response"]["success"] is True
    await wsk.record(f"action invoke {sample} --blocking")
    assert "payload" in await wsk("activation result --last")
    await wsk("action create greeting greeting.js")
    await wsk("action update greeting --param name Toto")
    assert await wsk.result("greeting") == {"payload": "Hello, Toto from somewhere"}
    assert "Dorothy from Kansas" in str(
        await wsk.result("greeting --param place Kansas --param name Dorothy")
    )
    await wsk(
        "action create mySequence --sequence /whisk.system/utils/split,/whisk.system/utils/sort"
    )
    assert await wsk.result("mySequence --param payload $'b\\\\nc\\\\na'") == {
        "length": 3,
        "lines": ["a", "b", "c"],
    }
    await wsk("action update greeting --web true")
    url = (await wsk("action get greeting --url")).splitlines()[-1]
    assert url == f"https://{wsk.host}/api/v1/web/guest/default/greeting"
    await wsk("action get greeting --save-as saved.js")
    names = [line.split()[0] for line in (await wsk("action list -n")).splitlines()[1:]]
    assert names == ["/guest/greeting", "/guest/mySequence"]
    await wsk("action delete greeting")
    await wsk("action get greeting", status=148)


async def test_actions_nodejs(wsk: Wsk) -> None:
    await wsk.file(
        "later.js",
        "function main() { return new Promise((done) =>"
        " setTimeout(() => done({ done: true }), 200)) }",
    )
    await wsk("action create asyncAction later.js")
    assert await wsk.result("asyncAction") == {"done": True}
    record = await wsk.record("activation get --last")
    assert record["duration"] >= 200 and record["end"] >= record["start"] + 200
    wsk.zip(
        "action.zip",
        {
            "lines.js": "exports.main = (a) => ({ count: a.lines.length });",
            "package.json": '{"name": "mine", "main": "lines.js"}',
        },
    )
    await wsk("action create packageAction --kind nodejs:14 action.zip")
    assert await wsk.result("""packageAction --param lines '["and", "now"]'""") == {"count": 2}
    told = await wsk("action create other action.zip", status=2)
    assert "requires specifying the action kind" in told


async def test_actions_python(wsk: Wsk) -> None:
    await wsk.file("hello.py", "def main(args): return {'greeting': 'Hello ' + args['name'] + '!'}")
    await wsk("action create helloPython hello.py")
    assert await wsk.result("helloPython --param name World") == {"greeting": "Hello World!"}
    wsk.zip(
        "helloPython.zip",
        {
            "helper.py": "WORD = 'helped'",
            "__main__.py": "from helper import WORD\ndef start(args): return {'told': WORD}",
        },
    )
    await wsk("action update helloPython --kind python:3 --main start helloPython.zip")
    assert await wsk.result("helloPython") == {"told": "helped"}


async def test_webactions(wsk: Wsk) -> None:
    await wsk("package create demo")
    await wsk("action create /guest/demo/hello echo.py --web true --param fixed Jane")
    seen = (await wsk.web("POST", "demo/hello.json?a=1", json={"b": 2})).json()["response"]
    assert (seen["a"], seen["b"], seen["__ow_method"], seen["__ow_path"]) == ("1", 2, "post", "")
    # A parameter that the action has may not be set from outside.
    assert (await wsk.web("GET", "demo/hello.json?fixed=Joe")).status_code == 400
    assert (await wsk.web("GET", "demo/hello.json?__ow_method=x")).status_code == 400
    path = (await wsk.web("GET", "demo/hello.json/some/where")).json()["response"]["__ow_path"]
    assert path == "/some/where"
    answer = await wsk.web("OPTIONS", "demo/hello.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    await wsk("action update /guest/demo/hello --web raw")
    seen = (await wsk.web("POST", "demo/hello.json?a=1", json={"b": 2})).json()["response"]
    assert seen["__ow_query"] == "a=1"
    assert json.loads(base64.b64decode(seen["__ow_body"])) == {"b": 2} and "b" not in seen
    await wsk("action update /guest/demo/hello --web true --web-secure my-secret")
    assert (await wsk.web("GET", "demo/hello.json")).status_code == 401
    secret = {"X-Require-Whisk-Auth": "my-secret"}
    assert (await wsk.web("GET", "demo/hello.json", headers=secret)).status_code == 200
    page = (
        "def main(a): return {'statusCode': 302, 'headers': {'location': 'https://x.example/',"
        " 'Set-Cookie': ['a=1', 'b=2']}}"
    )
    await wsk.file("move.py", page)
    await wsk("action create move move.py --web true")
    answer = await wsk.web("GET", "default/move")
    assert (answer.status_code, answer.headers["location"]) == (302, "https://x.example/")
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    await wsk("action update move --web false")
    assert (await wsk.web("GET", "default/move")).status_code == 404


async def test_triggers_rules(wsk: Wsk) -> None:
    await wsk("trigger create locationUpdate")
    assert "/guest/locationUpdate" in await wsk("trigger list")
    # Without a rule there is nothing to do, and no activation.
    await wsk("trigger fire locationUpdate --param name Donald")
    assert "locationUpdate" not in await wsk("activation list")
    await wsk("action create hello greeting.js")
    await wsk("rule create myRule locationUpdate hello")
    fired = await wsk(
        "trigger fire locationUpdate --param name Donald --param place 'Washington, D.C.'"
    )
    assert fired.startswith("ok: triggered /_/locationUpdate with id ")
    for _ in range(100):
        if "hello" in await wsk("activation list --limit 1 hello"):
            break
        await asyncio.sleep(0.05)
    record = (await wsk("activation list --limit 1 hello --full")).partition("\n")[2]
    assert json.loads(record)["response"]["result"] == {
        "payload": "Hello, Donald from Washington, D.C."
    }
    await wsk("rule disable myRule")
    assert await wsk("rule status myRule") == "ok: rule myRule is inactive\n"
    await wsk("rule enable myRule")
    await wsk("rule delete myRule --disable")


async def test_parameters(wsk: Wsk) -> None:
    await wsk("action update hello greeting.js")
    both = {"payload": "Hello, Dorothy from Kansas"}
    assert await wsk.result("hello --param name Dorothy --param place Kansas") == both
    await wsk("action update hello --param place Kansas")
    assert await wsk.result("hello --param name Dorothy") == both
    other = await wsk.result("hello --param name Dorothy --param place 'Washington, DC'")
    assert other == {"payload": "Hello, Dorothy from Washington, DC"}
    await wsk.file("parameters.json", '{"name": "Dorothy", "place": "Oz"}')
    assert await wsk.result("hello --param-file parameters.json") == {
        "payload": "Hello, Dorothy from Oz"
    }
    await wsk("package update MyApp --param name World --param place Earth")
    await wsk("action update MyApp/hello greeting.js --param place here")
    # The package's, below the action's, below the call's.
    assert await wsk.result("MyApp/hello") == {"payload": "Hello, World from here"}
    await wsk.file("nested.js", "function main(a) { return { got: a.person.name } }")
    await wsk("action update nested nested.js")
    assert await wsk.result("""nested -p person '{"name": "Dorothy"}'""") == {"got": "Dorothy"}


async def test_packages(wsk: Wsk) -> None:
    assert "/whisk.system/samples" in await wsk("package list /whisk.system")
    told = await wsk("package get --summary /whisk.system/samples")
    assert " action /whisk.system/samples/greeting: " in told
    await wsk("package bind /whisk.system/samples valhallaSamples --param place Valhalla")
    assert "/guest/valhallaSamples/greeting" in await wsk("package get --summary valhallaSamples")
    odin = await wsk.result("valhallaSamples/greeting --param name Odin")
    assert odin == {"payload": "Hello, Odin from Valhalla!"}
    odin = await wsk.result("valhallaSamples/greeting --param name Odin --param place Asgard")
    assert odin == {"payload": "Hello, Odin from Asgard!"}
    await wsk("package create custom")
    await wsk.file("identity.js", "function main(args) { return args; }")
    await wsk("action create custom/identity identity.js")
    assert await wsk.result("custom/identity") == {}
    await wsk("package update custom --param city Austin --param country USA")
    assert await wsk.result("custom/identity --param city Dallas --param state Texas") == {
        "city": "Dallas",
        "country": "USA",
        "state": "Texas",
    }
    await wsk("package update custom --shared yes")
    assert (await wsk("package get custom publish")).splitlines()[-1] == "true"


async def test_feeds(wsk: Wsk) -> None:
    """A feed action of one's own is told of each event in a trigger's life."""
    await wsk.file(
        "feed.py", "def main(args):\n    print(args['lifecycleEvent'])\n    return args\n"
    )
    await wsk("action create myFeed feed.py -a feed true")
    await wsk("trigger create mine --feed myFeed -p topic news")
    record = await wsk.record("activation get --last")
    told = record["response"]["result"]
    assert (told["lifecycleEvent"], told["triggerName"]) == ("CREATE", "/_/mine")
    assert told["topic"] == "news" and told["authKey"].count(":") == 1
    await wsk("trigger update mine -p topic sports")
    assert "UPDATE" in await wsk("activation logs --last")
    assert '"lifecycleEvent": "READ"' in await wsk("trigger get mine")
    await wsk("trigger delete mine")
    assert "DELETE" in await wsk("activation logs --last")


async def test_annotations(wsk: Wsk) -> None:
    await wsk.file("who.py", "import os\ndef main(a): return {'key': '__OW_API_KEY' in os.environ}")
    described = """[{"name":"place", "required":true}]"""
    await wsk(f"action create who who.py -a description 'tells' -a parameters '{described}'")
    assert await wsk("action get --summary who") == (
        "action /guest/who: tells\n   (parameters: place)\n"
    )
    assert await wsk.result("who") == {"key": False}
    for value, wanted in (("true", True), ("0", False), ('""', False), ("1", True)):
        await wsk(f"action update who -a provide-api-key '{value}'")
        assert await wsk.result("who") == {"key": wanted}, value
    await wsk("action update who --del-annotation provide-api-key")
    assert await wsk.result("who") == {"key": True}
    await wsk("action create pair --sequence who,who")
    outer = await wsk.record("action invoke pair --blocking")
    assert _annotations(outer)["topmost"] is True and outer["logs"]
    inner = await wsk.record(f"activation get {outer['logs'][0]}")
    assert _annotations(inner)["causedBy"] == "sequence" and inner["cause"] == outer["activationId"]
    assert {"path", "kind", "limits", "waitTime"} <= set(_annotations(inner))


async def test_apigateway(wsk: Wsk) -> None:
    code = (
        "function main({name = 'stranger', __ow_path}) {"
        " return {statusCode: 200, body: {payload: `Hi, ${name}`, path: __ow_path}} }"
    )
    await wsk.file("book.js", code)
    await wsk("action create getBooks book.js --web true")
    made = await wsk(
        "api create -n 'Book Club' /club /books/{isbn} get getBooks --response-type http"
    )
    assert made.startswith("ok: created API /club/books/{isbn} GET for action /_/getBooks\n")
    await wsk("api create /club /books get getBooks --response-type http")
    url = (await wsk("api list /club -f")).partition("URL: ")[2].split()[0]
    async with httpx.AsyncClient(verify=False) as client:
        answer = await client.get(url.replace("{isbn}", "5"), params={"name": "Ada"})
    assert answer.json()["payload"] == "Hi, Ada"
    await wsk.file("club.json", await wsk("api get 'Book Club'"))
    await wsk("api delete /club")
    assert "/club" not in await wsk("api list")
    await wsk("api create --config-file club.json")
    assert (await wsk("api list /club")).count("/club") >= 2


async def test_conductors(wsk: Wsk) -> None:
    await wsk.file("triple.js", "function main({ value }) { return { value: value * 3 } }")
    await wsk.file("increment.js", "function main({ value }) { return { value: value + 1 } }")
    steps = """function main(params) {
  const step = params.$step || 0;
  delete params.$step;
  if (step === 0) return { action: 'triple', params, state: { $step: 1 } };
  if (step === 1) return { action: 'increment', params, state: { $step: 2 } };
  return { params };
}"""
    await wsk.file("both.js", steps)
    for name in ("triple", "increment"):
        await wsk(f"action create {name} {name}.js")
    await wsk("action create tripleAndIncrement both.js -a conductor true")
    assert await wsk.result("tripleAndIncrement -p value 3") == {"value": 10}
    record = await wsk.record("action invoke tripleAndIncrement -b -p value 3")
    assert len(record["logs"]) == 5
    assert _annotations(record)["conductor"] is True and _annotations(record)["topmost"] is True
    inner = await wsk.record(f"activation get {record['logs'][1]}")
    assert inner["name"] == "triple" and inner["cause"] == record["activationId"]


@pytest.mark.parametrize(
    "limits", [{"invocations_per_minute": 1000, "concurrency_max": 5}], ids=["five"]
)
async def test_intra_concurrency(wsk: Wsk, limits: dict[str, Any]) -> None:
    await wsk("action create hello greeting.js -c 5")
    assert '"concurrency": 5' in await wsk("action get hello limits")
    told = await wsk("action update hello -c 6", status=144)
    assert "concurrency 6 exceeds allowed threshold of 5" in told
    record = await wsk.record("action invoke hello -b")
    assert record["logs"] == []
