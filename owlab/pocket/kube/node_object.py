"""A Node as its kubelet registers it."""

from __future__ import annotations

from owlab.pocket.ground.views import Object


def node_object(
    name: str,
    address: str,
    *,
    role: str,
    version: str,
    labels: dict[str, str],
    cpus: int,
    memory: int,
    network: str | None,
) -> Object:
    """The object.

    :param memory: in bytes.
    :param network: of its pods; None where none was left.
    """
    resources = {
        "cpu": str(cpus),
        "memory": f"{memory // 1024}Ki",
        "pods": "110",
        "ephemeral-storage": "20Gi",
    }
    roles = {"node-role.kubernetes.io/control-plane": "true"} if role == "server" else {}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": "k3s",
                **roles,
                **labels,
            },
            "annotations": {"k3s.io/internal-ip": address, "k3s.io/hostname": name},
        },
        "spec": {
            **({"podCIDR": network, "podCIDRs": [network]} if network else {}),
            "providerID": f"k3s://{name}",
        },
        "status": {
            "capacity": resources,
            "allocatable": resources,
            "addresses": [
                {"type": "InternalIP", "address": address},
                {"type": "Hostname", "address": name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "architecture": "amd64",
                "operatingSystem": "linux",
                "osImage": "Ubuntu 24.04 LTS (pocket lab)",
                "kernelVersion": "6.8.0-pocket",
                "containerRuntimeVersion": "simulated://owlab",
                "kubeletVersion": version,
                "kubeProxyVersion": version,
                "machineID": name,
                "systemUUID": name,
                "bootID": name,
            },
        },
    }
