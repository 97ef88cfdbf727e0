"""What a container has for variables, and as whom it runs."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.environment import (
    MissingReference,
    environment,
    expanded,
    field_of,
    resource_of,
)
from owlab.pocket.kube.containers.identity import NotAllowedAsRoot, identity
from owlab.pocket.kube.containers.service_links import service_links

from .plain_store import obj, pod, store_of

SETTINGS = {
    **obj("ConfigMap", "settings"),
    "data": {"A": "1", "B": "2"},
    "binaryData": {"C": "MQ=="},
}
KEY = {**obj("Secret", "key"), "data": {"word": "c2VjcmV0"}}
NODE: Object = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "worker1"},
    "status": {"allocatable": {"cpu": "2", "memory": "4Gi"}},
}
BOX = pod("box", serviceAccountName="ada")
BOX["metadata"] |= {"annotations": {"example.com/note": "grey"}, "labels": {"b": "2", "a": "1"}}


def variables(*env: Object, **container: Any) -> dict[str, str]:
    """A container's own, without those that every one has."""
    made = {"name": "main", "env": list(env), **container}
    found = environment(BOX, made, store_of(SETTINGS, KEY, NODE))
    assert found.pop("HOSTNAME") == "box"
    return found


def refer(name: str, **source: Any) -> Object:
    return {"name": name, "valueFrom": source}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain", "plain"),
        ("$(A)-$(B)", "1-$(B)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$A ${A} $", "$A ${A} $"),
        ("$()", "$()"),
    ],
)
def test_references_between_variables(text, found):
    assert expanded(text, {"A": "1"}) == found


def test_later_variables_know_earlier_ones():
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$(C)"}, {"name": "C"}]
    assert variables(*env) == {"A": "1", "B": "1$(C)", "C": ""}
    assert variables({"name": "A", "value": "x"}, {"name": "A", "value": "y"}) == {"A": "y"}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ({"configMapKeyRef": {"name": "settings", "key": "A"}}, "1"),
        ({"secretKeyRef": {"name": "key", "key": "word"}}, "secret"),
        ({"configMapKeyRef": {"name": "settings", "key": "none", "optional": True}}, None),
        ({"configMapKeyRef": {"name": "none", "key": "none", "optional": True}}, None),
        ({"fieldRef": {"fieldPath": "metadata.name"}}, "box"),
        ({"fieldRef": {"fieldPath": "status.podIP"}}, "10.42.0.9"),
        ({"fieldRef": {"fieldPath": "spec.nodeName"}}, "worker1"),
        ({"resourceFieldRef": {"resource": "requests.cpu", "divisor": "1m"}}, "250"),
        ({}, None),
    ],
)
def test_values_from_elsewhere(source, value):
    resources = {"requests": {"cpu": "250m"}}
    found = variables(refer("X", **source), resources=resources)
    assert found == ({} if value is None else {"X": value})


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"configMapKeyRef": {"name": "none", "key": "A"}}, 'configmap "none" not found'),
        ({"secretKeyRef": {"name": "none", "key": "A"}}, 'secret "none" not found'),
        (
            {"configMapKeyRef": {"name": "settings", "key": "D"}},
            "couldn't find key D in ConfigMap default/settings",
        ),
        (
            {"secretKeyRef": {"name": "key", "key": "D"}},
            "couldn't find key D in Secret default/key",
        ),
    ],
)
def test_what_is_missing(source, said):
    with pytest.raises(MissingReference) as error:
        variables(refer("X", **source))
    assert str(error.value) == said


def test_whole_maps():
    settings = {"configMapRef": {"name": "settings"}}
    assert variables(envFrom=[settings]) == {"A": "1", "B": "2"}
    prefixed = {"prefix": "P_", "secretRef": {"name": "key"}}
    assert variables(envFrom=[settings, prefixed]) == {"A": "1", "B": "2", "P_word": "secret"}
    assert variables({"name": "A", "value": "own"}, envFrom=[settings])["A"] == "own"
    assert variables(envFrom=[{"configMapRef": {"name": "none", "optional": True}}]) == {}
    with pytest.raises(MissingReference, match='configmap "none" not found'):
        variables(envFrom=[{"configMapRef": {"name": "none"}}])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.labels['a']", "1"),
        ("metadata.labels['none']", ""),
        ("metadata.annotations['example.com/note']", "grey"),
        ("metadata.labels", 'a="1"\nb="2"'),
        ("metadata.none.more", ""),
        ("spec.serviceAccountName", "ada"),
    ],
)
def test_fields_of_the_pod(path, value):
    assert field_of(BOX, path) == value


HAS = {"requests": {"cpu": "250m"}, "limits": {"cpu": "1500m", "memory": "64Mi"}}


@pytest.mark.parametrize(
    ("reference", "number"),
    [
        ({"resource": "limits.cpu"}, "2"),
        ({"resource": "limits.cpu", "divisor": "0"}, "2"),
        ({"resource": "limits.cpu", "divisor": "1m"}, "1500"),
        ({"resource": "requests.cpu"}, "1"),
        ({"resource": "limits.memory"}, "67108864"),
        ({"resource": "limits.memory", "divisor": "1Mi"}, "64"),
        ({"resource": "limits.memory", "divisor": "1Gi"}, "1"),
        ({"resource": "requests.memory"}, "0"),
        ({"resource": "limits.cpu", "containerName": "other"}, "2"),
        ({"resource": "limits.memory", "containerName": "other", "divisor": "1Gi"}, "4"),
        ({"resource": "limits.cpu", "containerName": "first", "divisor": "1m"}, "100"),
    ],
)
def test_resources_of_containers(reference, number):
    first = {"name": "first", "resources": {"limits": {"cpu": "100m"}}}
    made = pod("box", containers=[{"name": "other"}], initContainers=[first])
    container = {"name": "main", "resources": HAS}
    assert resource_of(reference, made, container, store_of(NODE)) == number


def service(name: str, address: str, *ports: Object, **meta: str) -> Object:
    return obj("Service", name, {"clusterIP": address, "ports": list(ports)}, metadata=meta)


def test_links_to_services():
    store = store_of(
        service(
            "my-db", "10.43.0.7", {"port": 5432}, {"port": 53, "protocol": "UDP", "name": "d-s"}
        ),
        service("none", "None", {"port": 80}),
        service("plain", "10.43.0.8"),
        service("kubernetes", "10.43.0.1", {"port": 443, "name": "https"}),
    )
    links = service_links(pod("box"), store)
    database = {name: value for name, value in links.items() if name.startswith("MY_DB")}
    assert database == {
        "MY_DB_SERVICE_HOST": "10.43.0.7",
        "MY_DB_SERVICE_PORT": "5432",
        "MY_DB_SERVICE_PORT_D_S": "53",
        "MY_DB_PORT": "tcp://10.43.0.7:5432",
        "MY_DB_PORT_5432_TCP": "tcp://10.43.0.7:5432",
        "MY_DB_PORT_5432_TCP_PROTO": "tcp",
        "MY_DB_PORT_5432_TCP_PORT": "5432",
        "MY_DB_PORT_5432_TCP_ADDR": "10.43.0.7",
        "MY_DB_PORT_53_UDP": "udp://10.43.0.7:53",
        "MY_DB_PORT_53_UDP_PROTO": "udp",
        "MY_DB_PORT_53_UDP_PORT": "53",
        "MY_DB_PORT_53_UDP_ADDR": "10.43.0.7",
    }
    assert {name.split("_")[0] for name in links} == {"MY", "KUBERNETES"}
    without = service_links(pod("box", enableServiceLinks=False), store)
    assert {name.split("_")[0] for name in without} == {"KUBERNETES"}
    assert without["KUBERNETES_SERVICE_PORT_HTTPS"] == "443"


@pytest.mark.parametrize(
    ("whole", "own", "who"),
    [
        ({}, {}, (0, 0, set())),
        ({"runAsUser": 1000, "runAsGroup": 2000}, {}, (1000, 2000, set())),
        ({"runAsUser": 1000}, {"runAsUser": 0}, (0, 0, set())),
        ({"runAsUser": 1000, "runAsGroup": 1}, {"runAsGroup": 5}, (1000, 5, set())),
        ({"supplementalGroups": [7, 8], "fsGroup": 9}, {"runAsUser": 5}, (5, 0, {7, 8, 9})),
        ({"fsGroup": 0}, {}, (0, 0, {0})),
        ({"runAsNonRoot": True, "runAsUser": 5}, {}, (5, 0, set())),
        ({"runAsNonRoot": True}, {"runAsNonRoot": False}, (0, 0, set())),
    ],
)
def test_as_whom_a_container_runs(whole, own, who):
    made = pod("box", securityContext=whole)
    found = identity(made, {"name": "main", "securityContext": own}).who
    assert (found.uid, found.gid, set(found.groups)) == who


@pytest.mark.parametrize(
    ("whole", "own", "said"),
    [
        ({"runAsNonRoot": True}, {}, "container has runAsNonRoot and image will run as root"),
        ({}, {"runAsNonRoot": True}, "container has runAsNonRoot and image will run as root"),
        ({"runAsNonRoot": True}, {"runAsUser": 0}, "container's runAsUser breaks non-root policy"),
    ],
)
def test_who_must_not_be_root(whole, own, said):
    made = pod("box", securityContext=whole)
    with pytest.raises(NotAllowedAsRoot) as error:
        identity(made, {"name": "main", "securityContext": own})
    assert str(error.value) == f'{said} (pod: "box_default()", container: main)'


@pytest.mark.parametrize(
    ("spec", "words", "shown"),
    [
        ({}, [], "uid=0(root) gid=0(root) groups=0(root)"),
        ({"runAsUser": 1000, "fsGroup": 7}, [], "uid=1000 gid=0(root) groups=0(root),7"),
        (
            {"runAsUser": 65534, "runAsGroup": 65534},
            [],
            "uid=65534(nobody) gid=65534(nobody) groups=65534(nobody)",
        ),
        ({"runAsUser": 1000, "runAsGroup": 5}, ["-u"], "1000"),
        ({"runAsUser": 1000, "runAsGroup": 5}, ["-g"], "5"),
        ({"runAsUser": 1000, "runAsGroup": 5}, ["-un"], "1000"),
        ({}, ["-u", "-n"], "root"),
        ({}, ["-gn"], "root"),
        ({"runAsGroup": 5, "supplementalGroups": [9, 7, 5]}, ["-G"], "5 7 9"),
    ],
)
def test_what_id_prints(spec, words, shown):
    user = identity(pod("box", securityContext=spec), {"name": "main"})
    assert user.shown(words) == shown
    assert user.home == ("/root" if user.who.uid == 0 else "/")
