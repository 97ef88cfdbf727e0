"""The variables of a container: as they were when it started."""

import pytest

from .manifests import config_map, pod, service

NAMES = ("WEB_", "KUBERNETES_", "COLOUR")


@pytest.fixture(autouse=True)
def gone(api):
    yield
    api.kubectl("delete pod,service,configmap -l of=variables --now")


def labelled(obj):
    obj["metadata"].setdefault("labels", {})["of"] = "variables"
    return obj


def variables(api, name):
    lines = api.kubectl(f"exec {name} -- printenv").splitlines()
    return dict(line.split("=", 1) for line in lines if line.startswith(NAMES))


def started(api, name, **spec):
    obj = labelled(pod(name, image="busybox", command=["sleep", "600"]))
    obj["spec"] |= spec
    api.kubectl("create -f -", obj)
    api.kubectl(f"wait --for=condition=Ready pod/{name} --timeout=30s")
    return variables(api, name)


def test_services_that_were_there_before(api):
    before = started(api, "before")
    ports = [{"name": "http", "port": 80}, {"name": "dns-udp", "port": 53, "protocol": "UDP"}]
    api.kubectl("create -f -", labelled(service("web", ports=ports)))
    api.kubectl("create -f -", labelled(service("web-headless", clusterIP="None")))
    address = api.kubectl("get service web -o jsonpath={.spec.clusterIP}")
    own = api.kubectl("get service kubernetes -n default -o jsonpath={.spec.clusterIP}")
    the_api = {
        "KUBERNETES_SERVICE_HOST": own,
        "KUBERNETES_SERVICE_PORT": "443",
        "KUBERNETES_SERVICE_PORT_HTTPS": "443",
        "KUBERNETES_PORT": f"tcp://{own}:443",
        "KUBERNETES_PORT_443_TCP": f"tcp://{own}:443",
        "KUBERNETES_PORT_443_TCP_PROTO": "tcp",
        "KUBERNETES_PORT_443_TCP_PORT": "443",
        "KUBERNETES_PORT_443_TCP_ADDR": own,
    }
    assert before == the_api
    assert variables(api, "before") == the_api
    assert started(api, "without", enableServiceLinks=False) == the_api
    assert started(api, "after") == the_api | {
        "WEB_SERVICE_HOST": address,
        "WEB_SERVICE_PORT": "80",
        "WEB_SERVICE_PORT_HTTP": "80",
        "WEB_SERVICE_PORT_DNS_UDP": "53",
        "WEB_PORT": f"tcp://{address}:80",
        "WEB_PORT_80_TCP": f"tcp://{address}:80",
        "WEB_PORT_80_TCP_PROTO": "tcp",
        "WEB_PORT_80_TCP_PORT": "80",
        "WEB_PORT_80_TCP_ADDR": address,
        "WEB_PORT_53_UDP": f"udp://{address}:53",
        "WEB_PORT_53_UDP_PROTO": "udp",
        "WEB_PORT_53_UDP_PORT": "53",
        "WEB_PORT_53_UDP_ADDR": address,
    }


def test_a_map_that_is_changed_reaches_the_next_start_only(api):
    api.kubectl("create -f -", labelled(config_map("paint", COLOUR="red")))
    source = [{"configMapRef": {"name": "paint"}}]
    obj = labelled(pod("painter", image="busybox", command=["sleep", "600"], envFrom=source))
    api.kubectl("create -f -", obj)
    api.kubectl("wait --for=condition=Ready pod/painter --timeout=30s")
    api.kubectl('patch configmap paint -p {"data":{"COLOUR":"blue"}}')
    assert variables(api, "painter")["COLOUR"] == "red"
    api.kubectl("delete pod painter --now")
    api.kubectl("create -f -", obj)
    api.kubectl("wait --for=condition=Ready pod/painter --timeout=30s")
    assert variables(api, "painter")["COLOUR"] == "blue"


def test_host_names(api):
    own = {"hostname": "one", "subdomain": "sub"}
    for name, spec, said in (
        ("plain", {}, "plain"),
        ("short", own, "one"),
        ("long", own | {"setHostnameAsFQDN": True}, "one.sub.default.svc.cluster.local"),
    ):
        started(api, name, **spec)
        asked = "hostname; cat /etc/hostname; printenv HOSTNAME"
        assert api.kubectl(f"exec -i {name} -- sh", asked).split() == [said] * 3


def test_references_in_commands(api):
    container = {
        "name": "main",
        "image": "busybox",
        "env": [
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "FIRST", "value": "a"},
            {"name": "SECOND", "value": "$(FIRST)b $$(FIRST) $(NOSUCH) $x"},
        ],
        "command": ["echo", "$(POD)", "$(SECOND)", "$$(POD)", "$(NOSUCH)"],
    }
    obj = labelled(pod("refers"))
    obj["spec"] = {"restartPolicy": "Never", "containers": [container]}
    api.kubectl("create -f -", obj)
    api.kubectl("wait --for=jsonpath={.status.phase}=Succeeded pod/refers --timeout=30s")
    said = "refers ab $(FIRST) $(NOSUCH) $x $(POD) $(NOSUCH)"
    assert api.kubectl("logs refers").strip() == said
