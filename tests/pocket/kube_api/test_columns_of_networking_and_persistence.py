"""What ``kubectl get`` shows of networking and storage."""

from __future__ import annotations

import pytest

from owlab.pocket.kube.columns import columns
from owlab.pocket.kube.kinds import KINDS

from ...clients.manifests import Object
from .rows import MADE, row


def balanced(*ingress: Object) -> Object:
    return {"loadBalancer": {"ingress": list(ingress)}}


def addresses(count: int) -> list[Object]:
    return [{"ip": f"10.0.0.{n}"} for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("kind", "obj", "cells"),
    [
        (
            "Service",
            {"spec": {"type": "ClusterIP", "clusterIP": "10.43.0.9", "ports": [{"port": 80}]}},
            ["ClusterIP", "10.43.0.9", "<none>", "80/TCP"],
        ),
        (
            "Service",
            {
                "spec": {
                    "type": "NodePort",
                    "clusterIP": "10.43.0.9",
                    "externalIPs": ["1.1.1.1", "1.1.1.2"],
                    "ports": [{"port": 80, "nodePort": 30080}, {"port": 53, "protocol": "UDP"}],
                }
            },
            ["NodePort", "10.43.0.9", "1.1.1.1,1.1.1.2", "80:30080/TCP,53/UDP"],
        ),
        (
            "Service",
            {"spec": {"type": "ExternalName", "externalName": "a.b"}},
            ["ExternalName", "<none>", "a.b", "<none>"],
        ),
        (
            "Service",
            {"spec": {"type": "ExternalName"}},
            ["ExternalName", "<none>", "<none>", "<none>"],
        ),
        (
            "Service",
            {"spec": {"type": "LoadBalancer"}},
            ["LoadBalancer", "<none>", "<pending>", "<none>"],
        ),
        (
            "Service",
            {
                "spec": {"type": "LoadBalancer", "externalIPs": ["1.1.1.1"]},
                "status": balanced({"ip": "2.2.2.2"}, {"hostname": "lb.example"}),
            },
            ["LoadBalancer", "<none>", "2.2.2.2,lb.example,1.1.1.1", "<none>"],
        ),
        (
            "ServiceCIDR",
            {"spec": {"cidrs": ["10.43.0.0/16", "fd00::/112"]}},
            ["10.43.0.0/16,fd00::/112"],
        ),
        (
            "IPAddress",
            {
                "spec": {
                    "parentRef": {"resource": "services", "namespace": "default", "name": "web"}
                }
            },
            ["services/default/web"],
        ),
        ("Endpoints", {}, ["<none>"]),
        (
            "Endpoints",
            {"subsets": [{"addresses": addresses(2), "ports": [{"port": 80}]}]},
            ["10.0.0.1:80,10.0.0.2:80"],
        ),
        (
            "Endpoints",
            {"subsets": [{"addresses": addresses(3), "ports": [{"port": 80}]}]},
            ["10.0.0.1:80,10.0.0.2:80,10.0.0.3:80"],
        ),
        (
            "Endpoints",
            {"subsets": [{"addresses": addresses(5), "ports": [{"port": 80}]}]},
            ["10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more..."],
        ),
        ("NetworkPolicy", {"spec": {"podSelector": {}}}, ["<none>"]),
        ("Ingress", {"spec": {}}, ["<none>", "", "", "80"]),
        (
            "Ingress",
            {
                "spec": {"ingressClassName": "traefik", "rules": [{"host": "a"}, {}], "tls": [{}]},
                "status": balanced({"ip": "2.2.2.2"}, {"hostname": "lb"}),
            },
            ["traefik", "a,*", "2.2.2.2,lb", "80, 443"],
        ),
        ("IngressClass", {"spec": {"controller": "a/b"}}, ["a/b", "<none>"]),
        ("EndpointSlice", {"addressType": "IPv4"}, ["IPv4", "<unset>", "<unset>"]),
        (
            "EndpointSlice",
            {
                "addressType": "IPv4",
                "ports": [{"port": 80}, {"port": 81}],
                "endpoints": [{"addresses": ["a", "b"]}, {"addresses": ["c", "d"]}],
            },
            ["IPv4", "80,81", "a,b,c + 1 more..."],
        ),
        (
            "EndpointSlice",
            {"endpoints": [{"addresses": ["a", "b", "c"]}]},
            ["", "<unset>", "a,b,c"],
        ),
    ],
)
def test_networking(kind, obj, cells):
    assert row(kind, obj) == cells


GONE = {"deletionTimestamp": MADE}
CLAIM = {"volumeName": "pv", "storageClassName": "nfs", "accessModes": ["ReadWriteOnce"]}
GOT = {
    "phase": "Bound",
    "capacity": {"storage": "1Gi"},
    "accessModes": ["ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"],
}


@pytest.mark.parametrize(
    ("kind", "obj", "cells"),
    [
        (
            "PersistentVolumeClaim",
            {"spec": CLAIM, "status": GOT},
            ["Bound", "pv", "1Gi", "RWX,ROX,RWOP", "nfs", "<unset>"],
        ),
        (
            "PersistentVolumeClaim",
            {"spec": {**CLAIM, "volumeName": ""}, "status": {**GOT, "phase": "Pending"}},
            ["Pending", "", "", "", "nfs", "<unset>"],
        ),
        (
            "PersistentVolumeClaim",
            {"spec": CLAIM, "status": {"phase": "Bound"}, "metadata": GONE},
            ["Terminating", "pv", "", "RWO", "nfs", "<unset>"],
        ),
        (
            "PersistentVolume",
            {
                "spec": {
                    "capacity": {"storage": "1Gi"},
                    "accessModes": ["ReadWriteOnce"],
                    "persistentVolumeReclaimPolicy": "Retain",
                    "claimRef": {"namespace": "default", "name": "data"},
                },
                "status": {"phase": "Failed", "reason": "x"},
            },
            ["1Gi", "RWO", "Retain", "Failed", "default/data", "", "<unset>", "x"],
        ),
        ("PersistentVolume", {"spec": {}}, ["", "", "", "", "", "", "<unset>", ""]),
        ("VolumeAttributesClass", {"driverName": "d"}, ["d"]),
        ("CSIDriver", {"spec": {}}, ["true", "false", "false", "<unset>", "false", "Persistent"]),
        (
            "CSIDriver",
            {
                "spec": {
                    "attachRequired": False,
                    "podInfoOnMount": True,
                    "storageCapacity": True,
                    "requiresRepublish": True,
                    "tokenRequests": [{"audience": "a"}, {}],
                    "volumeLifecycleModes": ["Persistent", "Ephemeral"],
                }
            },
            ["false", "true", "true", "a,", "true", "Persistent,Ephemeral"],
        ),
        ("VolumeAttachment", {"spec": {"nodeName": "m"}}, ["", "", "m", "false"]),
        ("VolumeAttachment", {"spec": {}, "status": {"attached": True}}, ["", "", "", "true"]),
        ("StorageClass", {"provisioner": "p"}, ["p", "", "", False]),
        ("StorageClass", {"provisioner": "p", "allowVolumeExpansion": True}, ["p", "", "", True]),
    ],
)
def test_storage(kind, obj, cells):
    assert row(kind, obj) == cells


@pytest.mark.parametrize(("value", "name"), [("true", "some (default)"), ("false", "some")])
def test_the_default_class(value, name):
    [kind] = [kind for kind in KINDS if kind.kind == "StorageClass"]
    notes = {"storageclass.kubernetes.io/is-default-class": value}
    cell = columns(kind)[0][1]
    assert cell({"metadata": {"name": "some", "annotations": notes}}) == name
    assert cell({"metadata": {"name": "some"}}) == "some"
