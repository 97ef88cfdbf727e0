"""`helm test` calls OpenWhisk for real, and says what failed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from owlab.pocket.openwhisk.deployment.components_ready import NAMES, Components
from owlab.pocket.openwhisk.deployment.container_work import OW_UTILS
from owlab.pocket.openwhisk.deployment.deployment import Deployment
from owlab.pocket.openwhisk.release_tests import TESTS, run
from owlab.pocket.openwhisk.service import Service

from .conftest import GUEST, Client

ECHO = "function main(a) { return a }"


@pytest.fixture
def installed(service: Service) -> Service:
    service.install_catalog()
    return service


def without(part: str) -> Components:
    return Components(frozenset(NAMES) - {part}, (("owdev-invoker-0", True),))


async def test_both_pass_and_leave_nothing(installed: Service, guest: Client) -> None:
    passed, said = await run(installed, "package-checker")
    assert passed and said.endswith("and successfully invoked echo action")
    assert "Looking for package websocket\n" in said
    for _ in range(2):
        passed, said = await run(installed, "smoketest")
        assert passed and said.endswith("invoked via cli, web and apigateway"), said
    assert (await guest.get("/actions")).json() == []
    tenant = {"spaceguid": GUEST.partition(":")[0], "accesstoken": "x"}
    assert installed.gateway.getApi("guest", tenant) == {"apis": []}


@pytest.mark.parametrize(
    ("part", "smoke", "packages"),
    [
        ("redis", "unable to create API", ""),
        ("apigateway", "unable to create API", ""),
        ("kafka", "Could not invoke hello action via CLI", "Did not get expected result"),
        ("couchdb", "Could not create a hello action!", "Could not list package github"),
    ],
)
async def test_a_missing_part_fails(
    installed: Service, guest: Client, part: str, smoke: str, packages: str
) -> None:
    installed.health.update(without(part))
    passed, said = await run(installed, "smoketest")
    assert not passed and said.splitlines()[-1] == f"FAILED! {smoke}"
    passed, said = await run(installed, "package-checker")
    assert passed is not bool(packages) and packages in said.splitlines()[-1]
    installed.health.update(Components(frozenset(NAMES), (("owdev-invoker-0", True),)))
    assert (await guest.get("/actions")).json() == []


async def test_an_action_of_a_users_stays(installed: Service, guest: Client) -> None:
    await guest.action("hello", ECHO)
    passed, said = await run(installed, "smoketest")
    assert not passed and "resource already exists" in said
    assert (await guest.call("hello", a=1)).json()["response"]["result"] == {"a": 1}


async def test_the_catalogue_is_looked_for(service: Service) -> None:
    passed, said = await run(service, "package-checker")
    assert not passed and said.endswith("FAILED! Could not list package github")


async def test_a_key_that_the_database_does_not_know(installed: Service) -> None:
    installed._keys = ("22222222-2222-4333-8444-555555555555:" + "n" * 64, installed._keys[1])
    passed, said = await run(installed, "smoketest")
    assert not passed and "The supplied authentication is invalid." in said


async def test_a_pod_runs_its_test_once() -> None:
    deployment, ran = Deployment(), list[str]()

    async def test(name: str) -> tuple[bool, str]:
        ran.append(name)
        return name == "smoketest", f"{name} ran"

    looked = asyncio.Event()
    endpoint: Any = object()
    deployment.on_test, deployment._endpoint = test, endpoint
    deployment._reconsider = looked.set
    for name in TESTS:
        assert name in OW_UTILS
        assert deployment._tested(name, f"pod of {name}") is None
    await asyncio.wait_for(looked.wait(), 5)
    await asyncio.sleep(0)
    for _ in range(2):
        assert deployment._tested("smoketest", "pod of smoketest") == (True, "smoketest ran")
    assert deployment._tested("package-checker", "pod of package-checker") == (
        False,
        "package-checker ran",
    )
    assert sorted(ran) == sorted(TESTS)


async def test_without_openwhisk_it_fails() -> None:
    deployment = Deployment()
    assert deployment._tested("smoketest", "pod") is None
    await asyncio.sleep(0.01)
    assert deployment._tested("smoketest", "pod") == (False, "FAILED! OpenWhisk does not answer")
