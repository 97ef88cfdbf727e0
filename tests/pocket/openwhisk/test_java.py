"""Java actions: a jar with ``main(JsonObject)``, on the JDK and the Gson of this computer."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest

from owlab.pocket.openwhisk.runtimes import java
from tests.pocket.openwhisk.conftest import Client

HELLO = """
package demo;
import com.google.gson.JsonObject;
public class Hello {
    static int calls = 0;
    public static JsonObject main(JsonObject args) {
        String name = args.has("name") ? args.get("name").getAsString() : "stranger";
        JsonObject answer = new JsonObject();
        answer.addProperty("greeting", "Hello " + name + "!");
        answer.addProperty("calls", ++calls);
        answer.addProperty("id", System.getenv("__OW_ACTIVATION_ID"));
        System.out.println("said hello to " + name);
        System.err.println("quietly");
        return answer;
    }
    public static JsonObject fails(JsonObject args) { throw new IllegalStateException("no luck"); }
    public static JsonObject nothing(JsonObject args) { return null; }
    public JsonObject bound(JsonObject args) { return args; }
}
"""

if java.missing():
    pytest.skip(java.missing(), allow_module_level=True)


@pytest.fixture(scope="module")
def jar(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The documents' action, compiled as they say, in base64."""
    folder: Path = tmp_path_factory.mktemp("java")
    (folder / "Hello.java").write_text(HELLO)
    jdk, library = java.jdk(), java.gson()
    assert jdk and library
    words = [str(Path(jdk).with_name("javac")), "-cp", library, "-d", "out", "Hello.java"]
    subprocess.run(words, cwd=folder, check=True)
    words = [str(Path(jdk).with_name("jar")), "cf", "hello.jar", "-C", "out", "."]
    subprocess.run(words, cwd=folder, check=True)
    return base64.b64encode((folder / "hello.jar").read_bytes()).decode()


async def made(guest: Client, jar: str, main: str, value: Any = None) -> dict[str, Any]:
    answer = await guest.put(
        "/actions/f?overwrite=true",
        json={"exec": {"kind": "java:8", "code": jar, "binary": True, "main": main}},
    )
    assert answer.status_code == 200, answer.text
    return await invoked(guest, value)


async def invoked(guest: Client, value: Any = None) -> dict[str, Any]:
    answer = await guest.post("/actions/f?blocking=true", json=value or {}, timeout=90)
    record: dict[str, Any] = answer.json()
    return record


async def test_a_jar_runs_and_stays_warm(guest: Client, jar: str) -> None:
    record = await made(guest, jar, "demo.Hello", {"name": "World"})
    result = record["response"]["result"]
    assert result == {"greeting": "Hello World!", "calls": 1, "id": record["activationId"]}, record
    said = {line.rsplit(": ", 1)[-1] for line in record["logs"]}
    assert said == {"quietly", "said hello to World"}
    again = await invoked(guest)
    assert again["response"]["result"]["calls"] == 2
    assert again["response"]["result"]["id"] == again["activationId"]


@pytest.mark.parametrize(
    ("main", "error"),
    [
        (
            "demo.Hello#fails",
            "An error has occured while invoking the action (see logs for details): "
            "java.lang.IllegalStateException: no luck",
        ),
        (
            "demo.Hello#nothing",
            "An error has occurred (see logs for details): java.lang.NullPointerException: "
            "The action returned null",
        ),
    ],
)
async def test_what_is_thrown_is_an_application_error(
    guest: Client, jar: str, main: str, error: str
) -> None:
    record = await made(guest, jar, main)
    assert record["response"]["status"] == "application error", record
    assert record["response"]["result"] == {"error": error}


@pytest.mark.parametrize(
    ("main", "error"),
    [
        ("demo.Nope", "java.lang.ClassNotFoundException: demo.Nope"),
        ("demo.Hello#nope", "java.lang.NoSuchMethodException: "),
        ("demo.Hello#bound", "java.lang.NoSuchMethodException: bound"),
    ],
)
async def test_a_main_that_is_not_there_is_a_developer_error(
    guest: Client, jar: str, main: str, error: str
) -> None:
    record = await made(guest, jar, main)
    assert record["response"]["status"] == "action developer error", record
    told = record["response"]["result"]["error"]
    assert told.startswith(f"An error has occurred (see logs for details): {error}")


async def test_source_is_no_jar(guest: Client) -> None:
    answer = await guest.put(
        "/actions/f", json={"exec": {"kind": "java:8", "code": HELLO, "main": "demo.Hello"}}
    )
    assert answer.status_code == 200
    told = (await invoked(guest))["response"]["result"]["error"]
    assert told == "A java action is a jar file with the compiled class of its main."


@pytest.mark.parametrize(
    ("name", "words"), [("jdk", "with the JDK of this computer"), ("gson", "with the gson.jar of")]
)
async def test_what_is_missing_is_named(
    guest: Client, jar: str, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.setattr(java, name, lambda: None)
    told = (await made(guest, jar, "demo.Hello"))["response"]["result"]["error"]
    assert words in told and told.endswith("there is none.")
