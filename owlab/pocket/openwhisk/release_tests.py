"""`helm test`: what the chart's two test pods do with OpenWhisk, by its own API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from owlab.pocket.openwhisk.app import openwhisk_app
from owlab.pocket.openwhisk.service import Service

CODE = "function main() {\n  return {body: 'Hello world'}\n}\n"
PACKAGES = ("github", "slack", "utils", "samples", "websocket", "alarms", "messaging")
API = "/api/v1/namespaces"
MANAGE = "/api/v1/web/whisk.system/apimgmt"


class TestFailed(Exception):
    """A step of a test did not do what it should."""

    __test__ = False


class ReleaseTest:
    """One run: a client with the release's key, and what it has said."""

    def __init__(self, service: Service, key: str) -> None:
        self._key = key
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(openwhisk_app(service)),
            base_url=f"https://{service.apihost}",
            auth=httpx.BasicAuth(*key.split(":", 1)),
        )
        self.lines: list[str] = []

    async def ended(self, test: Callable[[ReleaseTest], Awaitable[str]]) -> tuple[bool, str]:
        """Whether a test has passed, and all it said."""
        try:
            self.lines.append(f"PASSED! {await test(self)}")
            return True, "\n".join(self.lines)
        except TestFailed as failed:
            self.lines.append(f"FAILED! {failed}")
            return False, "\n".join(self.lines)
        finally:
            await self._client.aclose()

    async def ask(self, method: str, path: str, failed: str, **more: Any) -> Any:
        """A request that must succeed; its answer."""
        answer = await self._client.request(method, path, **more)
        if answer.status_code >= 300:
            self.lines.append(f"{method} {path.partition('?')[0]}: {answer.status_code}")
            self.lines.append(answer.text[:300])
            raise TestFailed(failed)
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text

    async def packages(self) -> str:
        """The catalogue is there, and one of its actions answers."""
        for name in PACKAGES:
            self.lines.append(f"Looking for package {name}")
            failed = f"Could not list package {name}"
            rows = await self.ask("GET", f"{API}/whisk.system/packages", failed)
            if name not in [row["name"] for row in rows]:
                raise TestFailed(failed)
        path = f"{API}/whisk.system/actions/utils/echo?blocking=true&result=true"
        failed = "Did not get expected result from invoking /whisk.system/utils/echo"
        if await self.ask("POST", path, failed, json={"msg": "HelloWhisker"}) != {
            "msg": "HelloWhisker"
        }:
            raise TestFailed(failed)
        return "Listed all expected packages and successfully invoked echo action"

    async def smoke(self) -> str:
        """An action is made, called in three ways, and removed."""
        self.lines.append("Creating action")
        body = {
            "exec": {"kind": "nodejs:default", "code": CODE},
            "annotations": [{"key": "web-export", "value": True}],
        }
        made = f"{API}/_/actions/hello"
        await self.ask("PUT", made, "Could not create a hello action!", json=body)
        try:
            await self._call_it()
        finally:
            await self._client.delete(made)
        return "Created Hello action and invoked via cli, web and apigateway"

    async def _call_it(self) -> None:
        self.lines.append("Listing action")
        failed = "Could not list hello action via CLI"
        rows = await self.ask("GET", f"{API}/_/actions", failed)
        if "hello" not in [row["name"] for row in rows]:
            raise TestFailed(failed)
        self.lines.append("Invoking action via CLI")
        failed = "Could not invoke hello action via CLI"
        record = await self.ask("POST", f"{API}/_/actions/hello?blocking=true", failed, json={})
        if record["response"]["status"] != "success":
            raise TestFailed(failed)
        self.lines.append("Invoking as web action")
        failed = "Could not invoke hello as a web action"
        namespace = (await self.ask("GET", API, failed))[0]
        web = f"/api/v1/web/{namespace}/default/hello"
        if "Hello world" not in await self.ask("GET", web, failed):
            raise TestFailed(failed)
        await self._call_api(f"https://{self._client.base_url.netloc.decode()}{web}.http")

    async def _call_api(self, backend: str) -> None:
        self.lines.append("Registering as an api")
        tenant = self._key.partition(":")[0]
        query = f"accesstoken=DUMMY+TOKEN&spaceguid={tenant}"
        apidoc = {
            "namespace": "_",
            "gatewayBasePath": "/demo",
            "gatewayPath": "/hello",
            "gatewayMethod": "GET",
            "action": {
                "name": "hello", "namespace": "_", "backendMethod": "GET", "backendUrl": backend,
                "authkey": self._key,
            },
        }  # fmt: skip
        path = f"{MANAGE}/createApi.http?{query}&responsetype=json"
        made = await self.ask("POST", path, "unable to create API", json={"apidoc": apidoc})
        self.lines.append("Invoking action via the api")
        self.lines.append(f"External api URL: {made['gwApiUrl']}/hello")
        failed = "Could not invoke hello via apigateway"
        told = await self.ask("GET", f"/api/{tenant}/demo/hello", failed)
        if told != {"body": "Hello world"}:
            raise TestFailed(failed)
        path = f"{MANAGE}/deleteApi.http?{query}&basepath=/demo"
        await self.ask("DELETE", path, "failed to delete API")


TESTS = {"smoketest": ReleaseTest.smoke, "package-checker": ReleaseTest.packages}


async def run(service: Service, name: str) -> tuple[bool, str]:
    """One of the chart's tests, by a piece of its pod's name."""
    return await ReleaseTest(service, service.release_key).ended(TESTS[name])
