"""`wsk project`: deployment files, values on the command line, another configuration."""

from __future__ import annotations

import json

import pytest

from owlab.pocket.programs.wsk import helptext
from owlab.pocket.programs.wsk.flags import FLAGS

MANIFEST = """
project:
  name: shop
  packages:
    demo:
      inputs: {place: Kansas, keep: 1}
      actions:
        hello:
          function: hello.js
          runtime: nodejs:14
          inputs: {name: Dorothy, city: Emerald}
          annotations: {about: hello, level: 1}
      triggers:
        tick: {inputs: {every: 5}}
"""
DEPLOYMENT = """
project:
  name: shop
  packages:
    demo:
      inputs: {place: Oz}
      actions:
        hello:
          inputs: {name: $WHO, more: yes}
          annotations: {level: 2}
        absent: {inputs: {a: 1}}
      triggers:
        tick: {inputs: {every: 9}}
"""


@pytest.fixture
async def project(shell, machine, configured):
    machine.write("/home/ubuntu/manifest.yaml", MANIFEST.encode(), owner="ubuntu")
    machine.write("/home/ubuntu/hello.js", b"function main(a) { return a }", owner="ubuntu")
    await shell("sudo cp /root/.wskprops ~; sudo chown ubuntu ~/.wskprops")
    return shell


def pairs(rows):
    return {row["key"]: row["value"] for row in rows}


async def kept(shell, kind, name):
    out = (await shell(f"wsk -i {kind} get {name}")).out
    return json.loads(out[out.index("\n") :])


async def test_a_deployment_file_adds_and_replaces(project, machine):
    machine.write("/home/ubuntu/other.yaml", DEPLOYMENT.encode(), owner="ubuntu")
    ran = await project("WHO=Toto wsk -i project deploy --deployment other.yaml -v")
    assert ran.status == 0, ran
    assert "The action [absent] in the deployment file was not found in the manifest" in ran.out
    action = await kept(project, "action", "demo/hello")
    told = pairs(action["parameters"])
    assert told == {"name": "Toto", "more": True, "city": "Emerald", "place": "Oz", "keep": 1}
    assert pairs(action["annotations"]).items() >= {"about": "hello", "level": 2}.items()
    assert pairs((await kept(project, "trigger", "tick"))["parameters"]) == {"every": 9}


async def test_the_deployment_file_beside_the_manifest_is_found(project, machine):
    machine.write("/home/ubuntu/deployment.yml", DEPLOYMENT.encode(), owner="ubuntu")
    await project("WHO=Toto wsk -i project deploy")
    assert pairs((await kept(project, "package", "demo"))["parameters"])["place"] == "Oz"
    wrong = DEPLOYMENT.replace("name: shop", "name: shed")
    machine.write("/home/ubuntu/deployment.yml", wrong.encode(), owner="ubuntu")
    ran = await project("wsk -i project deploy")
    assert ran.status != 0
    assert "named [shed] in deployment file [/home/ubuntu/deployment.yml] does not match" in (
        ran.out + ran.err
    )


async def test_values_of_the_command_line_count_most(project, machine):
    machine.write("/home/ubuntu/deployment.yaml", DEPLOYMENT.encode(), owner="ubuntu")
    machine.write("/home/ubuntu/values.json", b'{"city": "Paris", "new": 1}', owner="ubuntu")
    ran = await project("wsk -i project deploy --param place Home --param-file values.json")
    assert ran.status == 0, ran
    told = pairs((await kept(project, "action", "demo/hello"))["parameters"])
    assert (told["place"], told["city"]) == ("Home", "Paris")
    assert "new" not in told


async def test_another_configuration(project):
    await project("mv ~/.wskprops ~/elsewhere")
    ran = await project("wsk -i project deploy")
    assert ran.status != 0
    assert (await project("wsk -i project deploy --config elsewhere")).status == 0
    ran = await project("wsk -i project deploy --config nowhere")
    assert "Unable to read the properties file 'nowhere'" in ran.out + ran.err


@pytest.mark.parametrize("path", [path for path in FLAGS if len(path) == 2], ids=" ".join)
def test_help_names_every_flag(path):
    text = helptext.verb_help(*path)
    assert [flag.name for flag in FLAGS[path] if f"--{flag.name}" not in text] == []
