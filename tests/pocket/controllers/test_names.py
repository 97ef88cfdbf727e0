"""What the cluster's name server says of every sort of name, and how pods ask it."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.network import resolver
from owlab.pocket.kube.network.names import Names
from owlab.pocket.network.dns import NameAnswer, NameRecord, ResolverConfig, outside
from owlab.pocket.network.unreached import NoNameServer, UnknownName

from .conftest import FakeFleet
from .plain_store import endpoints, namespace, obj, pod, store_of

ZONE = "svc.cluster.local"
PORTS = [
    {"name": "web", "port": 80, "targetPort": 8080},
    {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "named"},
]
DNS = {"clusterIP": "10.43.0.10", "ports": [{"port": 53}]}


def names(*more: Object) -> Names:
    address = {"type": "InternalIP", "address": "127.9.0.1"}
    host = {"type": "Hostname", "address": "master"}
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "master"},
        "status": {"addresses": [host, address]},
    }
    return Names(
        store_of(
            node,
            namespace("empty"),
            obj("Service", "web", {"clusterIP": "10.43.0.7", "ports": PORTS}),
            obj("Service", "db", {"clusterIP": "None", "ports": PORTS}),
            endpoints("db", "10.42.0.1", "10.42.0.2"),
            pod("db-0", "10.42.0.1", hostname="db-0", subdomain="db"),
            pod("db-1", "10.42.0.2", hostname="db-1", subdomain="other"),
            obj("Service", "none", {"clusterIP": "None", "ports": PORTS}),
            obj("Service", "out", {"type": "ExternalName", "externalName": f"web.default.{ZONE}."}),
            *more,
        ),
        FakeFleet("master", "worker1"),
    )


def said(name: str, kind: str = "A") -> list[str] | str:
    """The data of the records, or the status where it is not NOERROR."""
    answer = names().ask(name, kind)
    assert all(r.kind in (kind, "CNAME") or kind == "ANY" for r in answer.records)
    return [r.data for r in answer.records] if answer.status == "NOERROR" else answer.status


NO = "NXDOMAIN"


@pytest.mark.parametrize(
    ("name", "kind", "data"),
    [
        (f"web.default.{ZONE}", "A", ["10.43.0.7"]),
        (f"Web.Default.{ZONE}.", "A", ["10.43.0.7"]),
        (f"web.default.{ZONE}", "ANY", ["10.43.0.7"]),
        (f"web.default.{ZONE}", "AAAA", []),
        (f"web.default.{ZONE}", "TXT", []),
        (f"nobody.default.{ZONE}", "A", NO),
        (f"web.nowhere.{ZONE}", "A", NO),
        (f"web.empty.{ZONE}", "A", NO),
        (f"default.{ZONE}", "A", []),
        (f"nowhere.{ZONE}", "A", NO),
        (ZONE, "A", []),
        ("pod.cluster.local", "A", []),
        ("cluster.local", "A", []),
        ("what.cluster.local", "A", NO),
        (f"db.default.{ZONE}", "A", ["10.42.0.1", "10.42.0.2"]),
        (f"none.default.{ZONE}", "A", NO),
        (f"db-0.db.default.{ZONE}", "A", ["10.42.0.1"]),
        (f"db-0.db.default.{ZONE}", "AAAA", []),
        (f"db-1.db.default.{ZONE}", "A", NO),  # its subdomain is another one
        (f"10-42-0-2.db.default.{ZONE}", "A", ["10.42.0.2"]),
        (f"10-42-0-1.db.default.{ZONE}", "A", NO),
        (f"x.web.default.{ZONE}", "A", NO),
        (f"x.y.web.default.{ZONE}", "A", NO),
        (f"db-0.y.db.default.{ZONE}", "A", NO),  # below a pod's name is nothing
        (f"_db-0.db.default.{ZONE}", "A", NO),
        (
            f"web.default.{ZONE}",
            "SRV",
            [f"0 100 80 web.default.{ZONE}.", f"0 100 53 web.default.{ZONE}."],
        ),
        (f"_web._tcp.web.default.{ZONE}", "SRV", [f"0 100 80 web.default.{ZONE}."]),
        (f"_dns._udp.web.default.{ZONE}", "SRV", [f"0 100 53 web.default.{ZONE}."]),
        (f"_dns._tcp.web.default.{ZONE}", "SRV", NO),
        (f"_web._tcp.web.default.{ZONE}", "A", []),
        (f"_web._tcp.web.default.{ZONE}", "ANY", [f"0 100 80 web.default.{ZONE}."]),
        (f"a.b._web._tcp.web.default.{ZONE}", "SRV", NO),
        (
            f"_web._tcp.db.default.{ZONE}",
            "SRV",
            [f"0 100 8080 db-0.db.default.{ZONE}.", f"0 100 8080 10-42-0-2.db.default.{ZONE}."],
        ),
        (f"_web._tcp.none.default.{ZONE}", "SRV", NO),
        (f"out.default.{ZONE}", "A", [f"web.default.{ZONE}.", "10.43.0.7"]),
        (f"out.default.{ZONE}", "SRV", [f"web.default.{ZONE}."]),
        ("10-42-0-9.default.pod.cluster.local", "A", ["10.42.0.9"]),
        ("10-42-0-9.default.pod.cluster.local", "AAAA", []),
        ("10-42-0-999.default.pod.cluster.local", "A", NO),
        ("7.0.43.10.in-addr.arpa", "PTR", [f"web.default.{ZONE}."]),
        ("1.0.42.10.in-addr.arpa", "PTR", [f"db-0.db.default.{ZONE}."]),
        ("2.0.42.10.in-addr.arpa.", "PTR", [f"10-42-0-2.db.default.{ZONE}."]),
        ("1.0.9.127.in-addr.arpa", "PTR", ["master."]),
        ("9.9.9.9.in-addr.arpa", "PTR", NO),
        ("master", "A", ["127.9.0.1"]),
        ("master", "AAAA", []),
        ("worker1.local", "A", ["127.9.0.2"]),
        ("nobody", "A", NO),
        ("nobody", "AAAA", NO),
    ],
)
def test_what_is_said_of_a_name(name, kind, data):
    assert said(name, kind) == data


@pytest.mark.parametrize(
    ("service", "ready", "answers"),
    [
        (DNS, ["10.42.0.5"], True),
        (DNS, [], False),
        ({**DNS, "ports": [{"port": 5353}]}, ["10.42.0.5"], False),
        ({**DNS, "clusterIP": "10.43.0.11"}, ["10.42.0.5"], False),
    ],
)
def test_who_answers(service, ready, answers):
    known = names(obj("Service", "dns", service), endpoints("dns", *ready))
    assert known.answers() == known.answers("10.43.0.10") == answers


def test_machines_outside_have_their_names_while_they_run():
    fleet = FakeFleet("master", "worker1")
    assert outside(fleet, "worker1") == outside(fleet, "worker1.local") == "127.9.0.2"
    assert outside(fleet, "worker1", {"worker1": "10.9.9.9"}) == "10.9.9.9"
    fleet.machines["worker1"].running = False
    assert outside(fleet, "worker1") is None
    assert outside(fleet, "get.k3s.io") is not None


@pytest.mark.parametrize(
    ("config", "name", "asked"),
    [
        (ResolverConfig(()), "web", ["web"]),
        (ResolverConfig((), ("a", "b")), "web", ["web.a", "web.b", "web"]),
        (ResolverConfig((), ("a",)), "web.x", ["web.x", "web.x.a"]),
        (ResolverConfig((), ("a",), ("ndots:2",)), "web.x", ["web.x.a", "web.x"]),
        (ResolverConfig((), ("a",), ("ndots:2",)), "web.x.y", ["web.x.y", "web.x.y.a"]),
        (ResolverConfig((), ("a",), ("ndots:2",)), "web.", ["web."]),
        (ResolverConfig((), ("a",), ("ndots:x",)), "web.x", ["web.x", "web.x.a"]),
        (ResolverConfig((), ("a",), ("ndots:1", "ndots:2")), "web.x", ["web.x.a", "web.x"]),
    ],
)
def test_in_which_order_names_are_asked_for(config, name, asked):
    assert config.candidates(name) == asked


def test_resolv_conf():
    assert ResolverConfig(("1.1.1.1", "2.2.2.2"), ("a", "b"), ("ndots:5", "rotate")).text() == (
        "search a b\nnameserver 1.1.1.1\nnameserver 2.2.2.2\noptions ndots:5 rotate\n"
    )
    assert ResolverConfig(()).text() == ""


SEARCHES = (f"default.{ZONE}", ZONE, "cluster.local")
CLUSTER = ResolverConfig(("10.43.0.10",), SEARCHES, ("ndots:5",))
NODE = ResolverConfig(("127.0.0.53",))


@pytest.mark.parametrize(
    ("spec", "config"),
    [
        ({}, CLUSTER),
        ({"dnsPolicy": "ClusterFirst"}, CLUSTER),
        ({"dnsPolicy": "Default"}, NODE),
        ({"hostNetwork": True}, NODE),
        ({"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}, CLUSTER),
        (
            {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1"]}},
            ResolverConfig(("1.1.1.1",)),
        ),
        (
            {
                "dnsConfig": {
                    "nameservers": ["1.1.1.1", "10.43.0.10"],
                    "searches": ["cluster.local", "x.y"],
                    "options": [{"name": "ndots", "value": "2"}, {"name": "rotate"}],
                }
            },
            ResolverConfig(("10.43.0.10", "1.1.1.1"), (*SEARCHES, "x.y"), ("ndots:2", "rotate")),
        ),
    ],
)
def test_what_a_pod_has_of_a_name_server(spec, config):
    assert resolver.config_of(pod("box", **spec)) == config


@pytest.mark.parametrize(
    ("spec", "host", "shown"),
    [
        ({}, "box", "10.42.0.9\tbox"),
        ({"hostname": "owl"}, "owl", "10.42.0.9\towl"),
        ({"subdomain": "nest"}, "box", f"10.42.0.9\tbox.nest.default.{ZONE}\tbox"),
        (
            {"subdomain": "nest", "setHostnameAsFQDN": True},
            f"box.nest.default.{ZONE}",
            f"10.42.0.9\tbox.nest.default.{ZONE}\tbox",
        ),
        ({"setHostnameAsFQDN": True}, "box", "10.42.0.9\tbox"),
        (
            {"hostAliases": [{"ip": "1.2.3.4", "hostnames": ["a", "b"]}]},
            "box",
            "10.42.0.9\tbox\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb",
        ),
    ],
)
def test_host_names(spec, host, shown):
    made = pod("box", **spec)
    assert resolver.kernel_host_name(made) == host
    assert resolver.hosts_file(made).endswith(f"ip6-loopback\n{shown}\n")


def finds(name: str, reached: bool = True, dns: bool = True, **spec: Any) -> list[str]:
    more = [obj("Service", "dns", DNS), endpoints("dns", "10.42.0.5")] if dns else []
    known = names(*more)
    fleet = FakeFleet("master", "worker1")
    return resolver.Resolver(pod("box", **spec), known, fleet, lambda server: reached).lookup(name)


ALIASES = [{"ip": "1.2.3.4", "hostnames": ["web", "b"]}]


@pytest.mark.parametrize(
    ("name", "spec", "found"),
    [
        ("10.1.2.3", {}, ["10.1.2.3"]),
        ("::1", {}, ["::1"]),
        ("localhost", {}, ["127.0.0.1"]),
        ("box", {}, ["10.42.0.9"]),
        ("web", {}, ["10.43.0.7"]),
        ("web", {"hostAliases": ALIASES}, ["1.2.3.4"]),
        ("b", {"hostAliases": ALIASES}, ["1.2.3.4"]),
        ("db.default", {}, ["10.42.0.1", "10.42.0.2"]),
        ("out", {}, ["10.43.0.7"]),
        ("worker1", {}, ["127.9.0.2"]),
        ("worker1", {"dnsPolicy": "Default"}, ["127.9.0.2"]),
    ],
)
def test_what_a_program_finds(name, spec, found):
    assert finds(name, **spec) == found


@pytest.mark.parametrize(
    ("name", "more", "error"),
    [
        ("nobody", {}, UnknownName),
        ("web", {"dnsPolicy": "Default"}, UnknownName),
        ("ip6-localhost", {}, UnknownName),
        ("web", {"dns": False}, NoNameServer),
        ("web", {"reached": False}, NoNameServer),
        ("web", {"dnsPolicy": "None"}, NoNameServer),
    ],
)
def test_what_a_program_does_not_find(name, more, error):
    with pytest.raises(error) as raised:
        finds(name, **more)
    assert type(raised.value) is error


def test_a_node_answers_for_machines():
    fleet = FakeFleet("master")
    record = NameRecord("master", "A", "127.9.0.1", 60)
    for kind, records in (("A", [record]), ("ANY", [record]), ("AAAA", [])):
        answer = resolver.ask(None, fleet, "127.0.0.53", "master", kind)
        assert answer == NameAnswer(records=records)
    assert resolver.ask(None, fleet, "127.0.0.53", "nobody", "A") == NameAnswer(NO)
    assert resolver.ask(None, fleet, "10.43.0.10", "master", "A") is None
