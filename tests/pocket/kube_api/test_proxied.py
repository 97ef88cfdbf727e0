"""The API server as a proxy: where a request is sent to, and what is said where that is nowhere."""

from __future__ import annotations

from typing import Any, cast

import httpx
import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.network.region import ClusterRegion
from owlab.pocket.kube.store import Store
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.unreached import ConnectionRefused

from ..controllers.plain_store import obj, pod, store_of
from .api_client import SPACE, client_of, status


class NowhereRegion:
    """Notes where connections would go; each is refused."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.ready = True

    async def connect(self, peer: str, address: str, port: int, limit: float | None) -> Ends:
        self.asked.append(f"{address}:{port}")
        raise ConnectionRefused

    def choose(self, service: Object, entry: Object, peer: str) -> tuple[str, int] | None:
        return ("10.42.0.7", int(entry.get("targetPort") or entry["port"])) if self.ready else None


@pytest.fixture
def region() -> NowhereRegion:
    return NowhereRegion()


@pytest.fixture
def store() -> Store:
    def container(*ports: int) -> Object:
        return {"name": "c", "image": "i", "ports": [{"containerPort": n} for n in ports]}

    ended = pod("ended")
    ended["status"] = {"phase": "Succeeded", "podIP": "10.42.0.3"}
    waiting = pod("waiting")
    waiting["status"] = {"phase": "Pending"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}
    return store_of(
        *(node, ended, waiting),
        pod("plain", "10.42.0.1"),
        pod("open", "10.42.0.2", containers=[container(), container(8080, 9090)]),
        obj("Service", "one", {"ports": [{"port": 80, "targetPort": 8000}]}),
        obj("Service", "named", {"ports": [{"port": 80, "name": "web"}]}),
        obj("Service", "two", {"ports": [{"port": 1, "name": "a"}, {"port": 2, "name": "b"}]}),
        obj("Service", "bare", {"ports": [{"port": 1}, {"port": 2}]}),
        obj("Service", "none", {}),
    )


async def got(store: Store, region: Any, path: str) -> httpx.Response:
    async with client_of(store, network=cast(ClusterRegion, region)) as api:
        return await api.get(path)


@pytest.mark.parametrize(
    ("place", "to"),
    [
        ("pods/plain", "10.42.0.1:80"),
        ("pods/plain:81", "10.42.0.1:81"),
        ("pods/http:plain:81", "10.42.0.1:81"),
        ("pods/:plain:81", "10.42.0.1:81"),
        ("pods/open", "10.42.0.2:8080"),
        ("pods/open:9090", "10.42.0.2:9090"),
        ("services/one", "10.42.0.7:8000"),
        ("services/one:80", "10.42.0.7:8000"),
        ("services/http:one:80", "10.42.0.7:8000"),
        ("services/http:one:", "10.42.0.7:8000"),
        ("services/named", "10.42.0.7:80"),
        ("services/named:web", "10.42.0.7:80"),
        ("services/two:b", "10.42.0.7:2"),
        ("services/two:2", "10.42.0.7:2"),
        ("services/bare", "10.42.0.7:1"),
    ],
)
async def test_where_a_request_goes(store, region, place, to):
    answer = await got(store, region, f"{SPACE}/{place}/proxy/a?b=c")
    said = f"error trying to reach service: dial tcp {to}: connect: connection refused"
    assert status(answer) == (503, "ServiceUnavailable", said)
    assert region.asked == [to]


@pytest.mark.parametrize(
    ("place", "code", "said"),
    [
        ("services/two", 503, 'no service port "" found for service "two"'),
        ("services/two:c", 503, 'no service port "c" found for service "two"'),
        ("services/one:8000", 503, 'no service port "8000" found for service "one"'),
        ("services/none", 503, 'no service port "" found for service "none"'),
        ("services/absent", 404, 'services "absent" not found'),
        ("services/https:one:80", 503, "the pocket lab's proxy does not speak TLS to pods"),
        ("services/ftp:one:80", 400, 'invalid service request "ftp:one:80"'),
        ("services/http:one:80:1", 400, 'invalid service request "http:one:80:1"'),
        ("pods/absent", 404, 'pods "absent" not found'),
        (
            "pods/plain:web",
            503,
            "error trying to reach service: dial tcp: lookup tcp/web: unknown port",
        ),
        ("pods/ended", 400, "address not allowed"),
        ("pods/waiting", 400, "address not allowed"),
    ],
)
async def test_where_none_goes(store, region, place, code, said):
    answer = await got(store, region, f"{SPACE}/{place}/proxy/")
    assert (answer.status_code, status(answer)[2]) == (code, said)
    assert region.asked == []


async def test_a_service_without_ends(store, region):
    region.ready = False
    answer = await got(store, region, f"{SPACE}/services/one/proxy/")
    assert status(answer)[2] == 'no endpoints available for service "one"'


async def test_a_slash_is_asked_for(store, region):
    answer = await got(store, region, f"{SPACE}/services/one/proxy")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"{SPACE}/services/one/proxy/"


async def test_what_has_no_proxy(store, region):
    path = "/api/v1/nodes/n/proxy/"
    said = "the pocket lab does not serve nodes/proxy over HTTP"
    assert (await got(store, region, path)).status_code in (404, 501)
    assert status(await got(store, region, path))[2] == said
    # An API without a network behind it reaches no pod either.
    said = "the pocket lab does not serve pods/proxy over HTTP"
    answer = await got(store, None, f"{SPACE}/pods/plain/proxy/")
    assert (answer.status_code, status(answer)[2]) == (501, said)
