"""The course's drawings. ``python -m owlab.notebook.pictures FOLDER`` writes them as SVG files."""

from __future__ import annotations

import sys
from pathlib import Path

from owlab.notebook.drawing import Arrow, Box, Drawing

WHAT_YOU_BUILD = Drawing(
    "What you will build",
    "Your computer calls the cluster over https, port 31001. The cluster has three machines: the "
    "master with K3s' server and OpenWhisk's services, worker1 and worker2 with functions. All "
    "three mount the directory /var/nfs/kubedata of a fourth machine, storage, over NFS: it has "
    "one directory for each volume.",
    (
        Box("laptop", 12, 76, 160, "your computer", ("this notebook", "curl, wsk"), "function"),
        Box(
            "master",
            260,
            12,
            250,
            "master",
            ("K3s server", "nginx, controller, Kafka, CouchDB"),
            "machine",
        ),
        Box("worker1", 260, 96, 250, "worker1", ("invoker, functions",), "machine"),
        Box("worker2", 260, 162, 250, "worker2", ("functions",), "machine"),
        Box(
            "storage",
            600,
            66,
            220,
            "storage",
            ("/var/nfs/kubedata:", "a directory a volume"),
            "data",
        ),
    ),
    (
        Arrow("laptop", "master", "https"),
        Arrow("master", "storage", "NFS"),
        Arrow("worker1", "storage"),
        Arrow("worker2", "storage"),
    ),
)

VOLUME_ON_DEMAND = Drawing(
    "A volume on demand",
    "A pod names a claim. The claim names a storage class, nfs-client. The provisioner watches "
    "claims of that class, makes a directory on the machine storage, and a volume that points to "
    "it. The claim is bound to the volume, and the pod's node mounts the directory over NFS.",
    (
        Box("pod", 12, 12, 150, "pod", ("wants /data",), "function"),
        Box("claim", 230, 12, 190, "claim", ("1 MiB of nfs-client",)),
        Box("class", 500, 12, 190, "storage class", ("nfs-client",)),
        Box("provisioner", 500, 112, 190, "provisioner", ("a pod that watches claims",), "machine"),
        Box("volume", 230, 112, 190, "volume", ("server, path",)),
        Box(
            "directory",
            230,
            212,
            460,
            "storage: /var/nfs/kubedata/default-NAME-pvc-ID",
            ("the data itself",),
            "data",
        ),
    ),
    (
        Arrow("pod", "claim", "names"),
        Arrow("claim", "class", "names"),
        Arrow("class", "provisioner", "answered by"),
        Arrow("provisioner", "volume", "makes"),
        Arrow("claim", "volume", "is bound to"),
        Arrow("volume", "directory", "points to"),
    ),
)

WAY_OF_A_CALL = Drawing(
    "The way of a call",
    "A call comes to nginx over https, then to the controller, which asks CouchDB who calls and "
    "what is called, and puts the call into Kafka. An invoker takes it from there and runs it in a "
    "pod of the function: a new one, which is a cold start, or one that is there, which is warm. "
    "The result goes the same way back, and the record of the call into CouchDB.",
    (
        Box("client", 12, 12, 120, "wsk, curl", (), "function"),
        Box("nginx", 200, 12, 130, "nginx", ("port 31001",)),
        Box("controller", 400, 12, 150, "controller", ("the API",)),
        Box("kafka", 620, 12, 130, "Kafka", ("the queue",)),
        Box("couchdb", 400, 112, 150, "CouchDB", ("functions, users,", "records of calls"), "data"),
        Box("invoker", 620, 112, 130, "invoker", ("on a worker",), "machine"),
        Box("function", 620, 212, 130, "function's pod", ("cold or warm",), "function"),
    ),
    (
        Arrow("client", "nginx", "https"),
        Arrow("nginx", "controller"),
        Arrow("controller", "kafka"),
        Arrow("controller", "couchdb"),
        Arrow("kafka", "invoker"),
        Arrow("invoker", "function", "starts"),
    ),
)

WHO_WAITS_FOR_WHOM = Drawing(
    "Who waits for whom",
    "ZooKeeper comes first, then Kafka. CouchDB comes with init-couchdb. The controller waits for "
    "Kafka and CouchDB; the invoker and nginx wait for the controller; nginx also waits for "
    "gen-certs. install-packages waits for the invoker. When it is Completed, OpenWhisk is ready.",
    (
        Box("zookeeper", 12, 12, 120, "zookeeper"),
        Box("kafka", 190, 12, 120, "kafka"),
        Box("couchdb", 12, 92, 120, "couchdb", (), "data"),
        Box("init", 190, 92, 120, "init-couchdb"),
        Box("controller", 370, 52, 120, "controller"),
        Box("invoker", 550, 12, 130, "invoker", (), "machine"),
        Box("nginx", 550, 92, 130, "nginx"),
        Box("packages", 740, 12, 150, "install-packages", (), "function"),
        Box("certs", 370, 132, 120, "gen-certs"),
    ),
    (
        Arrow("zookeeper", "kafka"),
        Arrow("couchdb", "init"),
        Arrow("kafka", "controller"),
        Arrow("init", "controller"),
        Arrow("controller", "invoker"),
        Arrow("controller", "nginx"),
        Arrow("certs", "nginx"),
        Arrow("invoker", "packages"),
    ),
)

PICTURES = {
    "what-you-build": WHAT_YOU_BUILD,
    "volume-on-demand": VOLUME_ON_DEMAND,
    "way-of-a-call": WAY_OF_A_CALL,
    "who-waits-for-whom": WHO_WAITS_FOR_WHOM,
}


def write(folder: Path) -> None:
    """Every drawing, as ``NAME.svg``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, drawing in PICTURES.items():
        (folder / f"{name}.svg").write_text(drawing.svg() + "\n", "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
