"""Values of Services, Ingresses and NetworkPolicies."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube.validation import network_policies, networking

from ...clients.manifests import changed, of, service
from .refused import assert_case, assert_said, case, refused

RANGE = "must be between 1 and 65535, inclusive"


def one(**port: Any) -> list[dict[str, Any]]:
    return [{"port": 80, **port}]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("spec.ports", one(port=1)),
        case("spec.ports", one(port=65535)),
        case("spec.ports", one(port=0), f"spec.ports[0].port: Invalid value: 0: {RANGE}"),
        case("spec.ports", one(port=65536), f"spec.ports[0].port: Invalid value: 65536: {RANGE}"),
        case("spec.ports", one(targetPort=1)),
        case("spec.ports", one(targetPort=65535)),
        case("spec.ports", one(targetPort=0)),
        case("spec.ports", one(targetPort=-1), "spec.ports[0].targetPort: Invalid value: -1"),
        case("spec.ports", one(targetPort=65536), "spec.ports[0].targetPort: Invalid value: 65536"),
        case("spec.ports", one(targetPort="web")),
        case("spec.ports", one(targetPort="Web"), 'spec.ports[0].targetPort: Invalid value: "Web"'),
        case("spec.ports", one(protocol="UDP")),
        case(
            "spec.ports", one(protocol="HTTP"), 'spec.ports[0].protocol: Unsupported value: "HTTP"'
        ),
        case("spec.ports", one(name="web")),
        case(
            "spec.ports", one(name="Web"), 'spec.ports[0].name: Invalid value: "Web": a lowercase'
        ),
        case(
            "spec.ports", [{"port": 80, "name": "a"}, {"port": 80, "name": "b", "protocol": "UDP"}]
        ),
        case(
            "spec.ports", [{"port": 80, "name": "a"}, {"port": 81}], "spec.ports[1].name: Required"
        ),
        case("spec", {"clusterIP": "None"}),
        case("spec", {"clusterIP": "10.43.0.9"}, "spec.ports: Required value"),
        case("spec", {"type": "ExternalName", "externalName": "example.com"}),
        case("spec", {"type": "ExternalName"}, "spec.externalName: Required value"),
        case("spec.type", "LoadBalancer"),
        case("spec.type", "NodePort"),
    ],
)
def test_services(path, value, said):
    assert_case(service(), path, value, said)


def test_the_same_port_again_is_shown_in_full():
    ports = [
        {"port": 80, "name": "a"},
        {"port": 80, "name": "b", "targetPort": "web", "nodePort": 30080, "appProtocol": "h2c"},
    ]
    assert refused(service(ports=ports)) == [
        (
            "spec.ports[1]",
            'Duplicate value: {"Name":"b","Protocol":"TCP","AppProtocol":"h2c","Port":80,'
            '"TargetPort":"web","NodePort":30080}',
        )
    ]
    assert networking.service(service(ports=[{"port": 80, "name": "a"}, {"port": 80}])) == [
        ("spec.ports[1].name", "Required value"),
        (
            "spec.ports[1]",
            'Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,'
            '"TargetPort":0,"NodePort":0}',
        ),
    ]


BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
PATH = "spec.rules[0].http.paths[0]"


def rules(**path: Any) -> list[dict[str, Any]]:
    return [{"http": {"paths": [{"backend": BACKEND, **path}]}}]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"defaultBackend": BACKEND}, ""),
        ({}, "spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"),
        ({"rules": rules(pathType="Prefix", path="/")}, ""),
        ({"rules": rules(pathType="Exact", path="/a")}, ""),
        ({"rules": rules(pathType="ImplementationSpecific")}, ""),
        ({"rules": rules(pathType="ImplementationSpecific", path="a")}, ""),
        (
            {"rules": rules(path="/")},
            f"{PATH}.pathType: Required value: pathType must be specified",
        ),
        (
            {"rules": rules(pathType="Glob", path="/")},
            f'{PATH}.pathType: Unsupported value: "Glob"',
        ),
        (
            {"rules": rules(pathType="Prefix", path="a")},
            f'{PATH}.path: Invalid value: "a": must be an absolute path',
        ),
        (
            {"rules": rules(pathType="Exact")},
            f'{PATH}.path: Invalid value: "": must be an absolute',
        ),
        ({"rules": [{"host": "example.com"}]}, ""),
    ],
)
def test_ingresses(spec, said):
    assert_said(refused(of("networking.k8s.io/v1", "Ingress", spec=spec)), said)


def policy(**rule: Any) -> dict[str, Any]:
    spec = {"podSelector": {}, "egress": [rule]}
    return of("networking.k8s.io/v1", "NetworkPolicy", spec=spec)


PORT = "spec.egress[0].ports[0]"


@pytest.mark.parametrize(
    ("port", "said"),
    [
        ({}, ""),
        ({"port": 1}, ""),
        ({"port": 65535, "protocol": "SCTP"}, ""),
        ({"port": 0}, f"{PORT}.port: Invalid value: 0: {RANGE}"),
        ({"port": 65536}, f"{PORT}.port: Invalid value: 65536: {RANGE}"),
        ({"port": "web"}, ""),
        ({"port": "Web"}, f'{PORT}.port: Invalid value: "Web": must contain only'),
        ({"port": 80, "protocol": "tcp"}, f'{PORT}.protocol: Unsupported value: "tcp"'),
        ({"port": 80, "endPort": 80}, ""),
        ({"port": 80, "endPort": 90}, ""),
        (
            {"port": 80, "endPort": 79},
            f"{PORT}.endPort: Invalid value: 79: must be greater than or",
        ),
        ({"endPort": 90}, f"{PORT}.port: Required value: must be specified when `endPort`"),
        ({"port": "web", "endPort": 90}, f"{PORT}.endPort: Forbidden: may not be specified when"),
    ],
)
def test_ports_of_network_policies(port, said):
    assert_said(refused(policy(ports=[port])), said)


BLOCK = "spec.egress[0].to[0].ipBlock"
NO_CIDR = "must be a valid CIDR value"


@pytest.mark.parametrize(
    ("peer", "said"),
    [
        ({}, "spec.egress[0].to[0]: Required value: must specify a peer"),
        ({"podSelector": {}}, ""),
        ({"podSelector": {}, "namespaceSelector": {}}, ""),
        ({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}, ""),
        ({"ipBlock": {"cidr": "2001:db8::/64"}}, ""),
        ({"ipBlock": {}}, f"{BLOCK}.cidr: Required value"),
        ({"ipBlock": {"cidr": "10.0.0.0"}}, f'{BLOCK}.cidr: Invalid value: "10.0.0.0": {NO_CIDR}'),
        (
            {"ipBlock": {"cidr": "10.0.0.0/33"}},
            f'{BLOCK}.cidr: Invalid value: "10.0.0.0/33": {NO_CIDR}',
        ),
        (
            {"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}},
            "spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer",
        ),
        (
            {"ipBlock": {"cidr": "10.0.0.0/8"}, "namespaceSelector": {}},
            "spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer",
        ),
        (
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0"]}},
            f'{BLOCK}.except[0]: Invalid value: "10.1.0.0": {NO_CIDR}',
        ),
        *(
            (
                {"ipBlock": {"cidr": "10.0.0.0/9", "except": ["10.1.0.0/16", outside]}},
                f'{BLOCK}.except[1]: Invalid value: "{outside}": must be a strict subset of `cidr`',
            )
            for outside in ("10.0.0.0/9", "10.0.0.0/8", "11.0.0.0/16", "9.255.0.0/16", "::/16")
        ),
    ],
)
def test_peers_of_network_policies(peer, said):
    assert_said(refused(policy(to=[peer])), said)


def test_both_ways_of_network_policies():
    obj = policy(to=[{}])
    obj = changed(obj, "spec.ingress", [{"from": [{}], "ports": [{"port": 0}]}])
    obj = changed(obj, "spec.policyTypes", ["Ingress", "Egress", "Both"])
    assert [field for field, _ in network_policies.network_policy(obj)] == [
        "spec.policyTypes[2]",
        "spec.ingress[0].ports[0].port",
        "spec.ingress[0].from[0]",
        "spec.egress[0].to[0]",
    ]
