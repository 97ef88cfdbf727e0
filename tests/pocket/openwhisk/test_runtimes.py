"""Actions in the languages of OpenWhisk's other runtimes, as their documents have them."""

from __future__ import annotations

import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest

from owlab.pocket.openwhisk.confine import SHARED, version
from owlab.pocket.openwhisk.runtimes import KINDS, tools

from .archives import zipped
from .conftest import Client, FakePods

PHP = """<?php
function main(array $args) : array
{
    $name = $args["name"] ?? "stranger";
    $greeting = "Hello $name!";
    echo $greeting;
    return ["greeting" => $greeting, "id" => getenv('__OW_ACTIVATION_ID')];
}
"""
RUBY = """
def main(args)
  name = args["name"] || "stranger"
  greeting = "Hello #{name}!"
  puts greeting
  { "greeting" => greeting, "id" => ENV["__OW_ACTIVATION_ID"] }
end
"""
GO = """package main

import ("log"; "os")

func Main(obj map[string]interface{}) map[string]interface{} {
  name, ok := obj["name"].(string)
  if !ok { name = "stranger" }
  log.Printf("Hello %s!", name)
  return map[string]interface{}{"greeting": "Hello " + name + "!",
    "id": os.Getenv("__OW_ACTIVATION_ID")}
}
"""
SOURCES = {"php:7.4": PHP, "ruby:2.5": RUBY, "go:1.17": GO}
ARRAYS = {
    "php:default": "<?php function main(array $args): array { return array_reverse($args); }",
    "ruby:default": "def main(args)\n  args.reverse\nend",
    "go:default": "package main\nfunc Main(a []interface{}) []interface{} {"
    "\n  return []interface{}{a[1], a[0]}\n}",
}
FAILS = {
    "php:7.4": "<?php function main($args) { throw new Exception('no luck'); }",
    "ruby:2.5": "def main(args)\n  raise 'no luck'\nend",
}
BROKEN = {
    "php:7.4": ("<?php function main(", "PHP syntax error: "),
    "ruby:2.5": ("def main(", "unexpected end-of-input"),
    "go:1.17": ("package main\nfunc Main(", "syntax error"),
}
ABSENT = {
    "php:7.4": ("<?php function other($a) { return $a; }", "Function `main` not found"),
    "ruby:2.5": ("def other(a)\n  a\nend", "undefined method `main'"),
    "go:1.17": ("package main\nfunc Other() {}", "undefined: Main"),
}
NATIVE = '#!/bin/sh\necho "seen $1"\necho to stderr >&2\necho "{\\"got\\": $(cat)}"\n'


def need(kind: str) -> None:
    family = kind.split(":")[0]
    if tools.tool(family) is None:
        pytest.skip(f"this computer has no {family}")


async def invoked(guest: Client, name: str, value: Any = None) -> dict[str, Any]:
    answer = await guest.post(f"/actions/{name}?blocking=true", json=value or {}, timeout=90)
    record: dict[str, Any] = answer.json()
    return record


async def made(guest: Client, kind: str, code: str, **more: Any) -> dict[str, Any]:
    await guest.action("f", code, kind, **more)
    return await invoked(guest, "f", {"name": "World"})


@pytest.mark.parametrize("kind", SOURCES)
async def test_the_documents_action_runs(guest: Client, kind: str) -> None:
    need(kind)
    record = await made(guest, kind, SOURCES[kind])
    result = record["response"]["result"]
    assert result == {"greeting": "Hello World!", "id": record["activationId"]}, record
    assert any("Hello World!" in line for line in record["logs"])
    again = await invoked(guest, "f")
    assert again["response"]["result"]["greeting"] == "Hello stranger!"
    assert again["response"]["result"]["id"] == again["activationId"]
    assert "initTime" not in {a["key"] for a in again["annotations"]}
    assert len(again["logs"]) == 1


@pytest.mark.parametrize("kind", ARRAYS)
async def test_arrays_are_taken_and_given_in_a_sequence(guest: Client, kind: str) -> None:
    need(kind)
    await guest.action("f", ARRAYS[kind], kind)
    await guest.action("first", "function main() { return ['a', 'b'] }")
    await guest.action("s", "", "sequence", exec={"components": ["/_/first", "/_/f"]})
    # An array is answered bare, as upstream's controller does.
    assert (await guest.call("s")).json() == ["b", "a"]


@pytest.mark.parametrize("kind", FAILS)
async def test_what_is_thrown_is_an_application_error(guest: Client, kind: str) -> None:
    need(kind)
    record = await made(guest, kind, FAILS[kind])
    assert record["response"]["status"] == "application error"
    assert record["response"]["result"] == {"error": "no luck"}
    assert any("no luck" in line for line in record["logs"])


@pytest.mark.parametrize(("kind", "code"), [*BROKEN.items(), *ABSENT.items()])
async def test_code_without_the_function_is_a_developer_error(
    guest: Client, kind: str, code: tuple[str, str]
) -> None:
    need(kind)
    record = await made(guest, kind, code[0])
    assert record["response"]["status"] == "action developer error", record
    assert code[1] in record["response"]["result"]["error"] + "".join(record["logs"])


@pytest.mark.parametrize(
    ("kind", "files", "main"),
    [
        (
            "php:7.4",
            {
                "index.php": "<?php require 'helper.php';\n"
                "function start($a) { return ['told' => help(), 'loaded' => LOADED]; }",
                "helper.php": "<?php function help() { return 'helped'; }",
                "vendor/autoload.php": "<?php define('LOADED', true);",
            },
            "start",
        ),
        (
            "ruby:2.5",
            {
                "main.rb": "require 'helper'\ndef start(a)\n  { told: help, loaded: true }\nend",
                "helper.rb": "def help\n  'helped'\nend",
            },
            "start",
        ),
        (
            "go:1.17",
            {
                "a.go": 'package main\nimport "hello"\n'
                "func Start(a map[string]interface{}) map[string]interface{} {\n"
                '  return map[string]interface{}{"told": hello.Help(), "loaded": loaded()}\n}',
                "b.go": "package main\nfunc loaded() bool { return true }",
                "hello/hello.go": 'package hello\nfunc Help() string { return "helped" }',
            },
            "start",
        ),
    ],
    ids=["php", "ruby", "go"],
)
async def test_a_zip_with_several_files(
    guest: Client, kind: str, files: dict[str, str | bytes], main: str
) -> None:
    need(kind)
    record = await made(guest, kind, zipped(files), exec={"main": main})
    assert record["response"]["result"] == {"told": "helped", "loaded": True}, record


@pytest.mark.parametrize(("kind", "name"), [("php:7.4", "index.php"), ("ruby:2.5", "main.rb")])
async def test_a_zip_without_its_first_file(guest: Client, kind: str, name: str) -> None:
    need(kind)
    record = await made(guest, kind, zipped({"x.txt": "nothing"}))
    assert name in record["response"]["result"]["error"]
    assert record["response"]["status"] == "action developer error"


LOOP = """#!/bin/sh
while read line; do
  echo "read $line"
  echo "{\\"pid\\": $$}" >&3
done
"""


@pytest.mark.parametrize("kind", ["go:1.17", "rust:1.34", "swift:5.4"])
async def test_a_compiled_program_stays_and_answers_line_by_line(guest: Client, kind: str) -> None:
    code = zipped({"exec": LOOP}, executable="exec")
    first = await made(guest, kind, code)
    second = await invoked(guest, "f", {"n": 1})
    assert first["response"]["result"] == second["response"]["result"]
    [line] = second["logs"]
    request = json.loads(line.partition("read ")[2])
    assert request["value"] == {"n": 1} and request["activation_id"] == second["activationId"]


@pytest.mark.parametrize("image", ["openwhisk/dockerskeleton", "openwhisk/dockerskeleton:1.14.0"])
@pytest.mark.parametrize("packed", [False, True])
async def test_native_actions_are_started_for_each_call(
    guest: Client, image: str, packed: bool
) -> None:
    code = zipped({"exec": NATIVE}) if packed else NATIVE
    record = await made(guest, "blackbox", code, exec={"image": image})
    assert record["response"]["result"] == {"got": {"name": "World"}}, record
    lines = [line.partition("stdout: ")[2] for line in record["logs"]]
    assert sorted(lines) == ['seen {"name": "World"}', "to stderr"]
    kinds = {a["key"]: a["value"] for a in record["annotations"]}
    assert kinds["kind"] == "blackbox"


@pytest.mark.parametrize("last", ["text", "7", '"x"', ""])
async def test_a_native_actions_last_line_must_be_an_object(guest: Client, last: str) -> None:
    record = await made(
        guest, "blackbox", f"#!/bin/sh\necho '{last}'", exec={"image": "openwhisk/dockerskeleton"}
    )
    assert record["response"]["status"] == "action developer error"
    assert record["response"]["result"] == {
        "error": "The action did not return a dictionary or array."
    }


async def test_a_long_value_comes_by_the_standard_input_alone(guest: Client) -> None:
    code = '#!/bin/sh\necho "{\\"words\\": $#, \\"bytes\\": $(cat | wc -c)}"'
    await guest.action("f", code, "blackbox", exec={"image": "openwhisk/dockerskeleton"})
    record = await invoked(guest, "f", {"x": "y" * 200_000})
    assert record["response"]["result"] == {"words": 0, "bytes": 200_009}


async def test_the_skeleton_without_a_program(guest: Client) -> None:
    execution = {"kind": "blackbox", "image": "openwhisk/dockerskeleton"}
    made = await guest.put("/actions/f", json={"exec": execution})
    assert made.json()["exec"] == execution | {"binary": False}
    record = await invoked(guest, "f")
    assert record["response"]["status"] == "application error"
    assert "stub action" in record["response"]["result"]["error"]


async def test_the_image_of_a_runtime_is_executed_as_its_kind(guest: Client) -> None:
    code = "def main(args): return {'told': args['name']}"
    execution = {"image": "openwhisk/action-python-v3.7"}
    record = await made(guest, "blackbox", code, exec=execution)
    assert record["response"]["result"] == {"told": "World"}


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("blackbox", {"image": "me/mine:1"}, "runs no container images but"),
        ("dotnet:3.1", {"main": "A::B::C"}, "runs no dotnet functions"),
        ("ballerina:0.990", {}, "runs no ballerina functions"),
        ("swift:5.4", {}, "A zip file with the compiled program 'exec' runs without."),
    ],
)
async def test_what_cannot_run_says_so_when_it_is_called(
    guest: Client, pods: FakePods, kind: str, more: dict[str, str], words: str
) -> None:
    record = await made(guest, kind, "x", exec=more)
    # No image is pulled for what does not run in it anyway.
    assert bool(pods.running) is (kind == "swift:5.4")
    assert record["response"]["status"] == "action developer error"
    assert words in record["response"]["result"]["error"]


@pytest.mark.parametrize("kind", SOURCES)
async def test_a_missing_interpreter_is_named(
    guest: Client, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "tool", lambda family: None)
    record = await made(guest, kind, SOURCES[kind])
    family = kind.split(":")[0]
    told = record["response"]["result"]["error"]
    assert told.startswith(
        f"The pocket lab runs {family} functions with the {family} of this computer; there is none."
    )


@pytest.mark.parametrize("kind", ["java:8", "dotnet:2.2"])
async def test_some_kinds_need_the_name_of_their_function(guest: Client, kind: str) -> None:
    answer = await guest.put("/actions/f", json={"exec": {"kind": kind, "code": "x"}})
    assert answer.status_code == 400 and "'main' must be a string" in answer.json()["error"]


async def test_an_image_must_be_named(guest: Client) -> None:
    answer = await guest.put("/actions/f", json={"exec": {"kind": "blackbox", "code": "x"}})
    assert answer.status_code == 400 and "'image' must be a string" in answer.json()["error"]


async def test_the_manifest_is_the_charts(nobody: httpx.AsyncClient) -> None:
    listed = (await nobody.get("/")).json()["runtimes"]
    chart = resources.files("owlab.pocket.charts") / "openwhisk" / "runtimes.json"
    upstream = json.loads(chart.read_text("utf-8"))["runtimes"]
    assert list(listed) == list(upstream)
    for family, kinds in upstream.items():
        ours = {kind["kind"]: kind for kind in listed[family]}
        assert list(ours) == [kind["kind"] for kind in kinds]
        for kind in kinds:
            image = kind["image"]
            path = f"{image['prefix']}/{image['name']}:{image['tag']}"
            told = ours[kind["kind"]]
            assert told["image"] == path
            assert told["default"] is kind["default"]
            assert told["requireMain"] is kind.get("requireMain", False)
            assert told["runsHere"]
    assert sum(map(len, upstream.values())) == len(KINDS) == 17


@pytest.mark.skipif(not version(), reason="needs Landlock")
@pytest.mark.parametrize("kind", ["php:7.4", "ruby:2.5", "go:1.17", "blackbox"])
async def test_the_users_files_are_kept_from_all_of_them(guest: Client, kind: str) -> None:
    if kind != "blackbox":
        need(kind)
    secret = Path.home() / f".owlab-test-{os.getpid()}"
    if any(secret.resolve().is_relative_to(place) for place in SHARED):
        pytest.skip("this user's home is in a folder for temporary files, which actions may read")
    secret.write_text("secret")
    codes = {
        "php:7.4": f"<?php function main($a) {{ return ['t' => file_get_contents('{secret}')]; }}",
        "ruby:2.5": f"def main(a)\n  {{ t: File.read('{secret}') }}\nend",
        "go:1.17": 'package main\nimport "os"\n'
        "func Main(a map[string]interface{}) map[string]interface{} {\n"
        f'  t, err := os.ReadFile("{secret}")\n'
        '  return map[string]interface{}{"t": string(t), "e": err.Error()}\n}',
        "blackbox": f'#!/bin/sh\ncat {secret}\necho "{{}}"',
    }
    more = {"exec": {"image": "openwhisk/dockerskeleton"}} if kind == "blackbox" else {}
    try:
        record = await made(guest, kind, codes[kind], **more)
    finally:
        secret.unlink()
    assert "ermission denied" in json.dumps(record), record
    assert '"secret"' not in json.dumps(record)
