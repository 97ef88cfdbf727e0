"""Which connections NetworkPolicies let through, and where Ingresses and Services lead."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.network.balancing import Balancer
from owlab.pocket.kube.network.ingresses import IngressRoute, certificates, ends, route, served
from owlab.pocket.kube.network.policies import NetworkPolicies, policy_types
from owlab.pocket.network.routes import NetworkPlace

from .plain_store import endpoints, namespace, obj, pod, store_of

NETWORKING = "networking.k8s.io/v1"
CONTAINER = {"name": "main", "image": "nginx", "ports": [{"name": "web", "containerPort": 8080}]}
WEB = pod("web", "10.42.0.1", containers=[CONTAINER])
NEAR = pod("near", "10.42.0.2", labels={"team": "a"}, nodeName="worker2")
FAR = pod("far", "10.42.1.3", namespace="other", labels={"team": "a"})
HOST = pod("host", "127.9.0.3", hostNetwork=True, nodeName="worker2")
TEAM = {"matchLabels": {"team": "a"}}
OTHER = {"matchLabels": {"space": "other"}}


def policy(selector: Object | None = None, **spec: Any) -> Object:
    return obj("NetworkPolicy", "p", {"podSelector": selector or {}, **spec}, NETWORKING)


def ingress(*peers: Object, ports: list[Object] | None = None) -> Object:
    rule: Object = {"from": list(peers)} if peers else {}
    return policy(
        {"matchLabels": {"app": "web"}}, ingress=[{**rule, **({"ports": ports} if ports else {})}]
    )


def egress(*peers: Object, ports: list[Object] | None = None) -> Object:
    rule: Object = {"to": list(peers)} if peers else {}
    ways = {"policyTypes": ["Egress"]}
    return policy(
        {"matchLabels": {"app": "near"}},
        egress=[{**rule, **({"ports": ports} if ports else {})}],
        **ways,
    )


def asked(*objects: Object) -> tuple[NetworkPolicies, dict[str, Object]]:
    store = store_of(namespace("other", space="other"), WEB, NEAR, FAR, HOST, *objects)
    pods = {p["metadata"]["name"]: p for p in store.list("Pod")}
    return NetworkPolicies(store), pods


def of(made: Object) -> NetworkPlace:
    uid, node = made["metadata"]["uid"], made["spec"]["nodeName"]
    return NetworkPlace(f"pod:{uid}", made["status"]["podIP"], node, uid)


def permitted(
    made: Object, source: str = "near", port: int | None = 8080, protocol: str = "TCP"
) -> bool:
    policies, pods = asked(made)
    return policies.permit(of(pods[source]), pods["web"], port, protocol)


@pytest.mark.parametrize(
    ("spec", "ways"),
    [
        ({}, ["Ingress"]),
        ({"egress": []}, ["Ingress"]),
        ({"egress": [{}]}, ["Ingress", "Egress"]),
        ({"egress": [{}], "policyTypes": ["Egress"]}, ["Egress"]),
    ],
)
def test_ways(spec, ways):
    assert policy_types(spec) == ways


@pytest.mark.parametrize(
    ("made", "source", "passes"),
    [
        (ingress(), "near", True),  # a rule without peers lets everybody in
        (policy(), "near", False),
        (policy({"matchLabels": {"app": "other"}}), "near", True),
        (ingress({"podSelector": TEAM}), "near", True),
        (ingress({"podSelector": {"matchLabels": {"team": "b"}}}), "near", False),
        (ingress({"podSelector": TEAM}), "far", False),  # of the policy's own namespace
        (ingress({"namespaceSelector": OTHER}), "far", True),
        (ingress({"namespaceSelector": OTHER}), "near", False),
        (ingress({"namespaceSelector": {}}), "near", True),
        (ingress({"namespaceSelector": OTHER, "podSelector": TEAM}), "far", True),
        (
            ingress({"namespaceSelector": OTHER, "podSelector": {"matchLabels": {"team": "b"}}}),
            "far",
            False,
        ),
        (ingress({"ipBlock": {"cidr": "10.42.0.0/24"}}), "near", True),
        (ingress({"ipBlock": {"cidr": "10.42.0.0/24"}}), "far", False),
        (ingress({"ipBlock": {"cidr": "10.42.0.0/24", "except": ["10.42.0.2/32"]}}), "near", False),
        (ingress({"ipBlock": {"cidr": "10.42.0.0/24", "except": ["10.42.0.8/32"]}}), "near", True),
        (ingress({"ipBlock": {"cidr": "10.42.0.0/24"}}, {"namespaceSelector": OTHER}), "far", True),
        (ingress({"podSelector": {}}), "host", False),  # it has its node's address
        (ingress({"ipBlock": {"cidr": "127.9.0.3/32"}}), "host", True),
        (policy(policyTypes=["Egress"], egress=[{}]), "near", True),
        (policy(policyTypes=["Egress"]), "near", False),
        (policy(policyTypes=["Egress"]), "far", True),
        (egress({"podSelector": {"matchLabels": {"app": "web"}}}), "near", True),
        (egress({"podSelector": TEAM}), "near", False),
        (egress({"ipBlock": {"cidr": "10.42.0.1/32"}}), "near", True),
        (egress({"ipBlock": {"cidr": "10.42.0.1/32"}}, ports=[{"port": 80}]), "near", False),
    ],
)
def test_who_may_enter_and_who_may_leave(made, source, passes):
    assert permitted(made, source) == passes


@pytest.mark.parametrize(
    ("ports", "port", "protocol", "passes"),
    [
        ([{"port": 8080}], 8080, "TCP", True),
        ([{"port": 8080}], 8081, "TCP", False),
        ([{"port": 8080}], 8080, "UDP", False),
        ([{"port": 8080, "protocol": "UDP"}], 8080, "UDP", True),
        ([{"port": 8080, "protocol": "UDP"}], 8080, "TCP", False),
        ([{"protocol": "TCP"}], 1, "TCP", True),
        ([{"protocol": "TCP"}], 65535, "TCP", True),
        ([{"port": "web"}], 8080, "TCP", True),
        ([{"port": "web"}], 80, "TCP", False),
        ([{"port": "none"}], 8080, "TCP", False),
        ([{"port": 8000, "endPort": 8080}], 8080, "TCP", True),
        ([{"port": 8000, "endPort": 8080}], 8000, "TCP", True),
        ([{"port": 8000, "endPort": 8080}], 7999, "TCP", False),
        ([{"port": 8000, "endPort": 8080}], 8081, "TCP", False),
        ([{"port": 80}, {"port": 8080}], 8080, "TCP", True),
        ([{"port": 8080}], None, "TCP", False),  # a ping has no port
        (None, None, "TCP", True),
    ],
)
def test_ports(ports, port, protocol, passes):
    assert permitted(ingress(ports=ports), "near", port, protocol) == passes


def test_nodes_reach_their_own_pods_and_the_control_plane_all():
    policies, pods = asked(policy())
    for place, passes in (
        (NetworkPlace("machine:worker1", "127.9.0.2", "worker1"), True),
        (NetworkPlace("machine:worker2", "127.9.0.3", "worker2"), False),
        (NetworkPlace("outside", "1.1.1.1", ""), False),
        (NetworkPlace("control-plane", "127.9.0.1", "", "control-plane"), True),
    ):
        assert policies.permit(place, pods["web"], 8080) == passes


def test_leaving_for_the_world():
    policies, pods = asked(egress({"ipBlock": {"cidr": "203.0.113.0/24"}}, ports=[{"port": 443}]))
    near = of(pods["near"])
    assert policies.permit_leaving(near, "203.0.113.9", 443)
    assert not policies.permit_leaving(near, "203.0.113.9", 80)
    assert not policies.permit_leaving(near, "1.1.1.1", 443)
    assert not policies.permit_leaving(near, "no address", 443)
    assert policies.permit_leaving(of(pods["far"]), "1.1.1.1", 443)
    assert policies.permit_leaving(NetworkPlace("machine:m", "127.9.0.1", "m"), "1.1.1.1", 443)


@pytest.mark.parametrize(("words", "passes"), [("--disable-network-policy", True), ("--x", False)])
def test_a_server_without_the_controller(words, passes):
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "m", "annotations": {"k3s.io/node-args": f'["server","{words}"]'}},
    }
    policies, pods = asked(policy(policyTypes=["Ingress", "Egress"]), node)
    assert policies.permit(of(pods["near"]), pods["web"], 8080) == passes
    assert policies.permit_leaving(of(pods["near"]), "1.1.1.1", 80) == passes


def backend(name: str, port: Any = 80) -> Object:
    key = "number" if isinstance(port, int) else "name"
    return {"service": {"name": name, "port": {key: port}}}


def rule(host: str, *paths: tuple[str, str, str]) -> Object:
    entries = [{"path": p, "pathType": sort, "backend": backend(to)} for p, sort, to in paths]
    return {"host": host, "http": {"paths": entries}}


RULES = [
    rule("", ("/", "Prefix", "any")),
    rule("*.Example.com", ("/", "Prefix", "star")),
    rule(
        "web.example.com",
        ("/", "Prefix", "root"),
        ("/api", "Prefix", "api"),
        ("/api/v2/", "Prefix", "v2"),
        ("/exact", "Exact", "exact"),
        ("/exact", "Prefix", "below"),
        ("/im", "ImplementationSpecific", "im"),
    ),
]
CLASS = {
    "apiVersion": NETWORKING,
    "kind": "IngressClass",
    "metadata": {"name": "traefik"},
    "spec": {"controller": "traefik.io/ingress-controller"},
}


def routed(host: str, path: str, *ingresses: Object, entry: str = "web") -> str | None:
    made = ingresses or (obj("Ingress", "i", {"rules": RULES}, NETWORKING),)
    found = route(store_of(CLASS, *made), host, path, entry)
    return found.service if found else None


@pytest.mark.parametrize(
    ("host", "path", "service"),
    [
        ("web.example.com", "/", "root"),
        ("web.example.com", "", "root"),
        ("WEB.example.com:8080", "/x", "root"),
        ("web.example.com", "/api", "api"),
        ("web.example.com", "/api/v1", "api"),
        ("web.example.com", "/apis", "root"),
        ("web.example.com", "/api/v2", "v2"),
        ("web.example.com", "/api/v2/x", "v2"),
        ("web.example.com", "/exact", "exact"),
        ("web.example.com", "/exact/", "below"),
        ("web.example.com", "/image", "im"),
        ("other.example.com", "/api", "star"),
        ("a.b.example.com", "/", "any"),
        ("example.com", "/", "any"),
        ("elsewhere.org", "/api", "any"),
    ],
)
def test_the_best_rule_of_an_ingress(host, path, service):
    assert routed(host, path) == service


def test_a_default_backend_is_the_last():
    spec = {
        "defaultBackend": backend("default", "http"),
        "rules": [rule("a", ("/x", "Prefix", "x"))],
    }
    made = obj("Ingress", "i", spec, NETWORKING)
    assert routed("a", "/x", made) == "x"
    assert routed("a", "/", made) == routed("b", "/x", made) == "default"
    found = route(store_of(made), "b", "/", "web")
    assert found == IngressRoute("default", "default", "http")
    nowhere = obj("Ingress", "i", {"defaultBackend": {"resource": {}}}, NETWORKING)
    assert routed("a", "/", nowhere) is None


@pytest.mark.parametrize(
    ("spec", "annotations", "looks"),
    [
        ({}, {}, True),
        ({"ingressClassName": "traefik"}, {}, True),
        ({"ingressClassName": "nginx"}, {}, False),
        ({"ingressClassName": "foreign"}, {}, False),
        ({}, {"kubernetes.io/ingress.class": "traefik"}, True),
        ({}, {"kubernetes.io/ingress.class": "nginx"}, False),
        ({"ingressClassName": "traefik"}, {"kubernetes.io/ingress.class": "nginx"}, True),
    ],
)
def test_whose_ingress_it_is(spec, annotations, looks):
    foreign = {**CLASS, "metadata": {"name": "foreign"}, "spec": {"controller": "other"}}
    rules = {
        "rules": [rule("", ("/", "Prefix", "any"))],
        "tls": [{"hosts": ["a"], "secretName": "s"}],
    }
    made = obj("Ingress", "i", {**spec, **rules}, NETWORKING, metadata={"annotations": annotations})
    store = store_of(CLASS, foreign, made, obj("Secret", "s"))
    assert served(store, made) == looks
    assert (route(store, "a", "/", "web") is not None) == looks
    assert (certificates(store, "a") is not None) == looks


@pytest.mark.parametrize(
    ("wanted", "entry", "enters"),
    [
        ("", "web", True),
        ("web", "web", True),
        ("websecure", "web", False),
        ("websecure, web", "web", True),
    ],
)
def test_entry_points(wanted, entry, enters):
    notes = {"traefik.ingress.kubernetes.io/router.entrypoints": wanted}
    made = obj("Ingress", "i", {"rules": RULES}, NETWORKING, metadata={"annotations": notes})
    assert (routed("x", "/", made, entry=entry) is not None) == enters


@pytest.mark.parametrize(
    ("host", "found"),
    [("web.example.com", "own"), ("x.example.com", "star"), ("example.com", None), ("plain", None)],
)
def test_certificates_of_hosts(host, found):
    tls = [
        {"secretName": "nobody"},
        {"hosts": ["plain"]},
        {"hosts": ["a", "web.example.com"], "secretName": "own"},
        {"hosts": ["*.example.com"], "secretName": "star"},
    ]
    made = obj("Ingress", "i", {"tls": tls}, NETWORKING)
    secret = certificates(store_of(made, obj("Secret", "own"), obj("Secret", "star")), host)
    assert (secret["metadata"]["name"] if secret else None) == found


PORTS = [{"name": "web", "port": 80}, {"name": "more", "port": 81}]


@pytest.mark.parametrize(
    ("found", "addresses"),
    [
        (IngressRoute("default", "web", 80), [("10.42.0.1", 8080), ("10.42.0.2", 8080)]),
        (IngressRoute("default", "web", "web"), [("10.42.0.1", 8080), ("10.42.0.2", 8080)]),
        (IngressRoute("default", "web", "more"), [("10.42.0.1", 9090), ("10.42.0.2", 9090)]),
        (IngressRoute("default", "web", 82), None),
        (IngressRoute("default", "none", 80), None),
        (IngressRoute("other", "web", 80), None),
    ],
)
def test_the_ends_of_a_route(found, addresses):
    behind = [{"name": "web", "port": 8080}, {"name": "more", "port": 9090}]
    store = store_of(
        obj("Service", "web", {"ports": PORTS}),
        endpoints("web", "10.42.0.1", "10.42.0.2", ports=behind),
    )
    assert ends(store, found) == addresses


def balanced(**spec: Any) -> tuple[Balancer, Object]:
    behind = [
        {"name": "web", "port": 8080, "protocol": "TCP"},
        {"name": "web", "port": 8053, "protocol": "UDP"},
        {"name": "more", "port": 9090},
    ]
    found = endpoints("web", *(f"10.42.0.{n}" for n in range(1, 9)), ports=behind)
    found["subsets"][0]["addresses"][0]["nodeName"] = "Worker2"
    store = store_of(obj("Service", "web", {"ports": PORTS, **spec}), found)
    return Balancer(store), store.get("Service", "web", "default")


def test_everybody_behind_a_service_gets_some():
    balancer, service = balanced()
    assert len(balancer.ends(service, PORTS[0])) == 8
    chosen = {balancer.choose(service, PORTS[0], "1.1.1.1", None) for _ in range(300)}
    assert chosen == {(f"10.42.0.{n}", 8080) for n in range(1, 9)}
    assert balancer.choose(service, PORTS[1], "1.1.1.1", "worker2") == ("10.42.0.1", 9090)
    assert balancer.choose(service, PORTS[0], "1.1.1.1", "worker9") is None
    assert balancer.choose(service, {"name": "none", "port": 1}, "1.1.1.1", None) is None


@pytest.mark.parametrize(
    "limits", [{}, {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 9}}}]
)
def test_a_client_stays_where_it_is(monkeypatch, limits):
    now = 1000.0
    monkeypatch.setattr("owlab.pocket.kube.network.balancing.time.monotonic", lambda: now)
    balancer, service = balanced(sessionAffinity="ClientIP", **limits)
    seconds = 9 if limits else 3 * 3600

    def chosen(count: int, client: str = "1.1.1.1") -> set[object]:
        return {balancer.choose(service, PORTS[0], client, None) for _ in range(count)}

    [first] = chosen(50)
    now += seconds - 1
    assert chosen(1) == {first}
    now += seconds - 1
    assert chosen(50) == {first}, "each connection lets it stay longer"
    assert len(set().union(*(chosen(1, f"1.1.1.{n}") for n in range(200)))) > 1
    later = set()
    for _ in range(50):
        now += seconds + 1
        later |= chosen(1)
    assert len(later) > 1
