"""`wsk project`: deployment files, values on the command line, another configuration."""

from __future__ import annotations

import json

import pytest

from ..openwhisk.conftest import GUEST

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


async def test_values_may_be_json_and_must_be(project):
    ran = await project("""wsk -i project deploy --param='{"name": "Toto"}'""")
    assert ran.status == 0, ran
    assert pairs((await kept(project, "action", "demo/hello"))["parameters"])["name"] == "Toto"
    ran = await project("wsk -i project deploy --param=name=Toto")
    assert (ran.status, ran.err) == (1, "invalid character 'a' in literal null (expecting 'u')\n")


async def test_another_configuration(project):
    await project("mv ~/.wskprops ~/elsewhere")
    ran = await project("wsk -i project deploy")
    assert ran.status != 0
    assert (await project("wsk -i project deploy --config elsewhere")).status == 0
    ran = await project("wsk -i project deploy --config nowhere")
    assert "Unable to read the properties file 'nowhere'" in ran.out + ran.err


@pytest.mark.parametrize(
    ("package", "sentence"),
    [
        ("dependencies: {lib: {location: github.com/some/one}}", "'dependencies' of package 'p'"),
        ("repositories: [{url: 'https://github.com/some/one'}]", "'repositories' of package 'p'"),
        ("actions: {a: {function: 'https://example.com/a.js'}}", "[https://example.com/a.js]"),
    ],
)
async def test_what_would_come_from_the_internet_is_refused(project, machine, package, sentence):
    text = f"packages: {{p: {{{package}}}}}"
    machine.write("/home/ubuntu/manifest.yaml", text.encode(), owner="ubuntu")
    ran = await project("wsk -i project deploy")
    assert ran.status == 1 and sentence in ran.err and "from the internet" in ran.err
    assert "usage" not in (ran.out + ran.err).casefold(), "nothing was misspelt"


async def test_verbose_tells_each_step_and_each_warning(project):
    ran = await project("wsk -i project deploy -v")
    assert "Info: Deploying action [demo/hello] ...\n" in ran.out
    assert "Info: trigger [tick] has been successfully deployed.\n" in ran.out
    assert "Warning: The mandatory key [package version] should be set." in ran.out
    ran = await project("wsk -i project undeploy -v")
    assert "Info: Undeploying action [demo/hello]...\n" in ran.out
    assert "Info:" not in (await project("wsk -i project deploy")).out


async def test_an_exported_project_is_deployed_again(project, machine):
    manifest = MANIFEST.replace("tick: {inputs: {every: 5}}", FED)
    machine.write("/home/ubuntu/manifest.yaml", manifest.encode(), owner="ubuntu")
    assert (await project("wsk -i project sync")).status == 0
    before = await kept(project, "action", "demo/hello")
    ran = await project("wsk -i project export --projectname shop --manifest out/all.yaml")
    assert ran.out == "Manifest exported to: out/all.yaml\n"
    assert (await project("cat out/demo/hello.js")).out == "function main(a) { return a }"
    told = (await project("cat out/all.yaml")).out
    assert "feed: /whisk.system/alarms/interval" in told and "minutes: 7" not in told
    assert (await project("wsk -i project undeploy --projectname shop")).status == 0
    assert (await project("wsk -i project deploy --manifest out/all.yaml")).status == 0
    after = await kept(project, "action", "demo/hello")
    assert pairs(after["parameters"]) == pairs(before["parameters"])
    assert pairs(after["annotations"]).items() >= {"about": "hello", "level": 1}.items()
    read = json.loads((await project("wsk -i trigger get tick")).out)
    assert read["response"]["result"]["config"]["minutes"] == 7


FED = "tick: {feed: /whisk.system/alarms/interval, inputs: {minutes: 7}}"


async def test_a_feed_that_refuses_fails_the_deployment_and_leaves_no_trigger(project, machine):
    refusing = b"function main(a) { return {error: 'no such ' + a.topic} }"
    machine.write("/home/ubuntu/hello.js", refusing, owner="ubuntu")
    fed = MANIFEST.replace("tick: {", "tick: {feed: /guest/demo/hello, ")
    fed = fed.replace("inputs: {every: 5}", "inputs: {topic: hats}")
    machine.write("/home/ubuntu/manifest.yaml", fed.encode(), owner="ubuntu")
    ran = await project("wsk -i project deploy")
    assert ran.status != 0 and "no such hats" in ran.out + ran.err
    assert await names(project, "trigger") == []
    machine.write("/home/ubuntu/hello.js", b"function main(a) { return a }", owner="ubuntu")
    assert (await project("wsk -i project deploy")).status == 0
    assert await names(project, "trigger") == ["tick"]


SECOND = (
    MANIFEST
    + """\
      rules:
        ring: {trigger: tick, action: hello}
    older:
      actions:
        bye: {function: hello.js, runtime: nodejs:14}
      dependencies:
        shelf: {location: /whisk.system/utils}
"""
)


async def names(shell, kind):
    rows = (await shell(f"wsk -i {kind} list")).out.splitlines()[1:]
    return sorted(row.split()[0].rpartition("/")[2] for row in rows)


async def test_sync_removes_what_the_manifest_names_no_more_and_nothing_else(project, machine):
    machine.write("/home/ubuntu/manifest.yaml", SECOND.encode(), owner="ubuntu")
    assert (await project("wsk -i project sync")).status == 0
    assert await names(project, "package") == ["demo", "older", "shelf"]
    assert await names(project, "rule") == ["ring"]
    # Of others, and newer: they are listed before those of the project.
    await project("wsk -i package create mine; wsk -i action create mine/own hello.js")
    await project("wsk -i package bind /whisk.system/samples bound; wsk -i trigger create bell")
    machine.write("/home/ubuntu/manifest.yaml", MANIFEST.encode(), owner="ubuntu")
    ran = await project("wsk -i project sync -v")
    assert ran.status == 0, ran
    assert (
        "Warning: Deleting action [older/bye], which the managed project [shop] does not name any "
        "more.\n" in ran.out
    )
    assert await names(project, "package") == ["bound", "demo", "mine"]
    assert await names(project, "action") == ["hello", "own"]
    assert await names(project, "trigger") == ["bell", "tick"]
    assert await names(project, "rule") == []
    assert "whisk-managed" in pairs((await kept(project, "package", "demo"))["annotations"])
    # Another project's sync leaves this one alone.
    other = MANIFEST.replace("name: shop", "name: shed").replace("demo:", "other:")
    other = other.replace("tick:", "tock:")
    machine.write("/home/ubuntu/manifest.yaml", other.encode(), owner="ubuntu")
    assert (await project("wsk -i project sync")).status == 0
    assert await names(project, "package") == ["bound", "demo", "mine", "other"]
    ran = await project("wsk -i project undeploy --projectname shed --preview")
    assert "other" in ran.out and "demo" not in ran.out
    assert (await project("wsk -i project undeploy --projectname shed")).out == ""
    assert await names(project, "package") == ["bound", "demo", "mine"]
    assert await names(project, "trigger") == ["bell", "tick"]


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("project: {name: shop}\n", True),
        ("project: {name: shop, packages: {}}\n", True),
        ("packages: {p: {}}\n", False),
        ("project: {name: shop, packages: {p: {}}}\n", False),
    ],
)
async def test_a_manifest_without_packages(project, machine, text, warned):
    machine.write("/home/ubuntu/manifest.yaml", text.encode(), owner="ubuntu")
    ran = await project("wsk -i project deploy -v")
    assert ran.status == 0, ran
    said = "Warning: The manifest file [./manifest.yaml] contained no packages.\n"
    assert (said in ran.out) is warned
    assert (await names(project, "package") == ["p"]) is not warned


async def test_the_projects_name_is_needed_to_sync_and_may_be_another(project, machine):
    machine.write("/home/ubuntu/manifest.yaml", b"packages: {p: {}}\n", owner="ubuntu")
    ran = await project("wsk -i project sync")
    assert ran.status == 1 and "The mandatory key [project name] is missing." in ran.err
    ran = await project("wsk -i project sync --projectname yard -v")
    assert "Warning: The project name has been overridden. Using yard\n" in ran.out
    managed = pairs((await kept(project, "package", "p"))["annotations"])["whisk-managed"]
    assert (managed["projectName"], managed["file"]) == ("yard", "./manifest.yaml")


async def test_the_project_may_name_its_host_and_key(project, machine, host):
    named = MANIFEST.replace("name: shop", f"name: shop\n  apiHost: {host}\n  credential: {GUEST}")
    machine.write("/home/ubuntu/manifest.yaml", named.encode(), owner="ubuntu")
    await project("mv ~/.wskprops ~/elsewhere")
    assert (await project("wsk project deploy")).status == 0
    ran = await project("wsk -i project undeploy --projectname shop")
    assert "The authentication key is not configured." in ran.err
    assert "The API host is not configured." in ran.err
