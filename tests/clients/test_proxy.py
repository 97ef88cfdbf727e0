"""The API server as a proxy to pods and Services, with kubectl."""

import json
import time

import pytest

from .manifests import deployment, service

PATH = "/api/v1/namespaces/default"


@pytest.fixture(scope="module")
def echo(api):
    """Two pods of whoami behind a Service with a named port, and one Service without pods."""
    made = deployment()
    container = made["spec"]["template"]["spec"]["containers"][0]
    container.update(image="traefik/whoami", ports=[{"containerPort": 80, "name": "http"}])
    made["spec"]["replicas"] = 2
    named = service()
    named["spec"]["ports"] = [{"name": "web", "port": 8000, "targetPort": "http"}]
    empty = service(name="empty")
    empty["spec"]["selector"] = {"app": "nobody"}
    wrong = service(name="wrong")
    wrong["spec"]["selector"] = {"app": "web"}
    wrong["spec"]["ports"] = [{"port": 80, "targetPort": 81}]
    api.kubectl("create -f -", [made, named, empty, wrong])
    api.kubectl("rollout status deployment/web --timeout=30s")
    yield
    api.kubectl("delete deployment/web service/web service/empty service/wrong")


def test_to_a_service_by_name_and_number_of_its_port(api, echo):
    pods = api.kubectl("get pods -l app=web -o name").replace("pod/", "").split()
    for port in ("web", "8000"):
        told = api.kubectl(f"get --raw {PATH}/services/web:{port}/proxy/a/b?c=d")
        assert "GET /a/b?c=d HTTP/1.1" in told
        assert any(f"Hostname: {pod}" in told for pod in pods)


def test_to_a_pod(api, echo):
    pod = api.kubectl("get pods -l app=web -o jsonpath={.items[0].metadata.name}")
    for name in (pod, f"{pod}:80", f"http:{pod}:80"):
        told = json.loads(api.kubectl(f"get --raw {PATH}/pods/{name}/proxy/api"))
        assert told["hostname"] == pod


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("services/empty:80", 'no endpoints available for service "empty"'),
        ("services/web:81", 'no service port "81" found for service "web"'),
        ("services/nobody:80", 'services "nobody" not found'),
        ("services/wrong:80", ":81: connect: connection refused"),
    ],
)
def test_what_does_not_answer(api, echo, place, said):
    assert said in api.kubectl(f"get --raw {PATH}/{place}/proxy/", fails=True)


def test_where_a_load_balancer_is_reached(api):
    balancer = service(name="balancer", type="LoadBalancer")
    balancer["spec"]["ports"] = [{"port": 8088}]
    outside = service(name="outside", externalIPs=["192.0.2.7"])
    api.kubectl("create -f -", [balancer, outside])
    addresses = [machine.address for machine in api.bench.fleet.machines.values()]
    for _ in range(100):
        line = api.kubectl("get service balancer --no-headers").split()
        if line[3] != "<pending>":
            break
        time.sleep(0.1)
    assert sorted(line[3].split(",")) == sorted(addresses)
    assert api.kubectl("get service outside --no-headers").split()[3] == "192.0.2.7"
    api.kubectl("delete service/balancer service/outside")
