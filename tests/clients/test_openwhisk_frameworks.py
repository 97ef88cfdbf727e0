"""Tools that deploy to OpenWhisk, as their own documents use them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests import npm

from .conftest import OpenWhisk, Ran

pytestmark = [pytest.mark.npm, pytest.mark.timeout(400)]

SERVERLESS = """
service: greetings
frameworkVersion: '3'
provider:
  name: openwhisk
  ignore_certs: true
plugins: [serverless-openwhisk]
package:
  patterns: ['!**', 'handler.js']
functions:
  hello:
    handler: handler.hello
    runtime: nodejs:16
    memory: 128
    parameters: {greeting: Hello}
    events:
      - trigger: called
  page:
    handler: handler.page
    runtime: nodejs:16
    annotations: {web-export: true}
  chain:
    sequence: [hello, hello]
resources:
  triggers:
    called:
      parameters: {name: trigger}
"""
HANDLER = """
exports.hello = (args) => ({name: `${args.greeting}, ${args.name || 'World'}`});
exports.page = () => ({body: 'a page'});
"""
UNIVERSAL = """
const { Response } = require('@adobe/fetch');
module.exports.main = async function main(request, context) {
  return new Response(`hello from ${context.func.package}, ${context.env.WHO}`);
};
"""
PROJECT = {
    "name": "greeting-service",
    "version": "1.2.3",
    "description": "says hello",
    "private": True,
    "dependencies": {"@adobe/fetch": "*"},
    "wsk": {"name": "greet", "package": {"name": "greetings"}},
}


@pytest.fixture(scope="module")
def serverless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("serverless")
    return npm.install(place, "serverless@3.40.0", "serverless-openwhisk@0.18.4")


@pytest.fixture(scope="module")
def helix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # As it comes, version 13 bundles ECMAScript modules without a `main`, which no runtime of
    # OpenWhisk's takes: the plugin makes the bundle of before.
    packages = ("@adobe/helix-deploy@13.5.1", "@adobe/helix-deploy-plugin-webpack@1.0.9")
    return npm.install(tmp_path_factory.mktemp("helix"), *packages, seconds=300)


def _environment(openwhisk: OpenWhisk, home: Path, **more: str) -> dict[str, str]:
    (home / ".wskprops").write_text(
        f"APIHOST=https://{openwhisk.host}\nAUTH={openwhisk.key}\nNAMESPACE=guest\n"
    )
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CI": "true",
        "NODE_EXTRA_CA_CERTS": str(openwhisk.authority),
    } | more


async def test_the_serverless_framework(
    openwhisk: OpenWhisk, serverless: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "serverless.yml").write_text(SERVERLESS)
    (project / "handler.js").write_text(HANDLER)
    (project / "node_modules").symlink_to(serverless)
    quiet = {"SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off"}
    # Any token does where the platform has no accounts: wsk sends such a one, too.
    quiet["OW_APIGW_ACCESS_TOKEN"] = "DUMMY TOKEN"
    env = _environment(openwhisk, tmp_path, OW_APIHOST=openwhisk.host, **quiet)

    async def run(*words: str) -> Ran:
        program = str(serverless / "serverless" / "bin" / "serverless.js")
        ran = await openwhisk.run("node", program, *words, env=env, cwd=project, timeout=120)
        assert ran.status == 0, ran.out + ran.err
        return ran

    await run("deploy")
    told = await run("invoke", "--function", "hello", "--data", '{"name": "OpenWhisk"}')
    assert '"name": "Hello, OpenWhisk"' in told.out + told.err
    told = await run("invoke", "--function", "chain")
    assert '"name": "Hello, Hello, World"' in told.out + told.err
    told = await run("info")
    assert "greetings-dev-hello" in told.out + told.err
    page = await openwhisk.run(
        "curl", "-sk", f"https://{openwhisk.host}/api/v1/web/guest/default/greetings-dev-page",
    )  # fmt: skip
    assert page.out == "a page"
    [rule] = openwhisk.service.rules.of("guest", "called")
    assert rule["status"] == "active"
    await run("remove")
    assert openwhisk.service.store.list("actions", "guest") == []
    assert openwhisk.service.store.list("triggers", "guest") == []


async def test_helix_deploy(openwhisk: OpenWhisk, helix: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "package.json").write_text(json.dumps(PROJECT))
    (project / "src" / "index.js").write_text(UNIVERSAL)
    (project / "node_modules").symlink_to(helix)
    env = _environment(openwhisk, tmp_path)
    program = str(helix / "@adobe" / "helix-deploy" / "src" / "index.js")
    words = ["--target", "wsk", "--build", "--deploy", "--test", "/", "--no-hints"]
    words += ["-p", "WHO=you", "--node-version", "18"]
    words += ["--no-esm", "--plugin", "@adobe/helix-deploy-plugin-webpack", "--bundler", "webpack"]
    ran = await openwhisk.run("node", program, *words, env=env, cwd=project, timeout=180)
    assert ran.status == 0, ran.out + ran.err
    assert "ok: 200" in ran.out + ran.err
    page = await openwhisk.run(
        "curl", "-sk", f"https://{openwhisk.host}/api/v1/web/guest/greetings/greet",
    )  # fmt: skip
    assert page.out == "hello from greetings, you"
