"""What OpenWhisk's containers do: when they are ready, what they wait for, what they say.

Images and containers are known by the names of the upstream charts, so those work as well.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from owlab.pocket.ground.certificates import self_signed
from owlab.pocket.kube.conditions import is_true
from owlab.pocket.kube.containers.programs import NOTE, ContainerContext, ContainerOutcome
from owlab.pocket.kube.object_state import ready_pods
from owlab.pocket.openwhisk.deployment.components_ready import (
    Components,
    find_components,
    starts_containers,
)


@dataclass(frozen=True)
class Hooks:
    """What containers bring about in the lab."""

    installed: Callable[[str], None]
    """The catalogue's packages are to be there; with the release's name."""
    wiped: Callable[[], None]
    """OpenWhisk's database is empty again."""
    healthy: Callable[[], bool]
    """A call would be answered."""
    tested: Callable[[str, str], tuple[bool, str] | None]
    """A test's outcome and what it said, by its name and its pod's id; None while it runs."""


NO_DOCKER = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. "
    "Is the docker daemon running?"
)
"""What Docker's own client says on a node of K3s, which has none."""

Program = Callable[[ContainerContext, Hooks], ContainerOutcome]


def main_container(context: ContainerContext, hooks: Hooks) -> ContainerOutcome | None:
    """Where a container of ow-utils or of an invoker is now; None for every other image."""
    if "openwhisk/invoker" in context.image and not starts_containers(context.pod):
        return ContainerOutcome("ready", f"{NOTE}\n{NO_DOCKER}\n")
    if "openwhisk/ow-utils" not in context.image:
        return None
    names = f"{context.container['name']} {context.pod['metadata']['name']}"
    for name, program in OW_UTILS.items():
        if name in names:
            return program(context, hooks)
    return ContainerOutcome("ready")


def init_container(context: ContainerContext, hooks: Hooks) -> ContainerOutcome | None:
    """Where one of the chart's init containers is now; None for every other one."""
    program = INIT_PROGRAMS.get(context.container["name"])
    return program(context, hooks) if program is not None else None


def _components(context: ContainerContext) -> Components:
    """What of the release answers, wherever its variables say that it is."""
    return find_components(context.store, context.release, context.namespace)


def _running(context: ContainerContext, component: str) -> bool:
    """A component of the same release has a ready pod."""
    name = f"{context.release}-{component}"
    return bool(ready_pods(context.store, context.namespace, name))


def _job_done(context: ContainerContext, name: str) -> bool:
    """A Job of the same release is complete."""
    job = context.store.find("Job", f"{context.release}-{name}", context.namespace)
    return job is not None and is_true(job, "Complete")


def _waits(condition: Callable[[ContainerContext], bool], done: str, waiting: str) -> Program:
    def program(context: ContainerContext, hooks: Hooks) -> ContainerOutcome:
        if condition(context):
            return ContainerOutcome("done", f"{NOTE}\n{done}\n")
        return ContainerOutcome("waiting", f"{NOTE}\n{waiting}\n")

    return program


INIT_PROGRAMS: dict[str, Program] = {
    "wait-for-zookeeper": _waits(
        lambda c: _running(c, "zookeeper"),
        "Success: zookeeper is up",
        "...waiting for zookeeper to be ready",
    ),
    "wait-for-kafka": _waits(
        lambda c: "kafka" in _components(c).ready,
        "Success: ready kafka endpoint!",
        "...waiting for kafka to be ready",
    ),
    "wait-for-couchdb": _waits(
        lambda c: "couchdb" in _components(c).ready and _job_done(c, "init-couchdb"),
        "Success: CouchDB is ready!",
        "...waiting for CouchDB to be ready",
    ),
    "wait-for-controller": _waits(
        lambda c: _running(c, "controller"),
        "Success: controller is ready",
        "...waiting for controller to be ready",
    ),
    "wait-for-healthy-invoker": _waits(
        lambda c: _components(c).healthy_invokers > 0,
        "Success: there are 1 healthy invokers",
        "...waiting for a healthy invoker",
    ),
}
"""Init containers by name."""


def _gen_certs(context: ContainerContext, hooks: Hooks) -> ContainerOutcome:
    name = f"{context.release}-nginx"
    if context.store.find("Secret", name, context.namespace):
        return ContainerOutcome("done", f"{NOTE}\nusing existing {name} secret\n")
    certificate, key = self_signed(f"*.{_server_address(context)}")
    context.store.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": context.namespace},
            "type": "kubernetes.io/tls",
            "data": {
                "tls.crt": base64.b64encode(certificate).decode(),
                "tls.key": base64.b64encode(key).decode(),
            },
        }
    )
    return ContainerOutcome("done", f"{NOTE}\ngenerated a certificate\nsecret/{name} created\n")


def _server_address(context: ContainerContext) -> str:
    """The address of the node with the control plane."""
    addresses = (
        address["address"]
        for node in context.store.list("Node")
        for address in node["status"]["addresses"]
        if address["type"] == "InternalIP"
        and "node-role.kubernetes.io/control-plane" in node["metadata"]["labels"]
    )
    return next(addresses, "")


def _init_couchdb(context: ContainerContext, hooks: Hooks) -> ContainerOutcome:
    if "couchdb" not in _components(context).ready:
        return ContainerOutcome("waiting", f"{NOTE}\nwaiting for CouchDB\n")
    # Both charts have this Job only unless db.wipeAndInit is false.
    hooks.wiped()
    return ContainerOutcome("done", f"{NOTE}\nsuccessfully initialized CouchDB for OpenWhisk\n")


def _install_packages(context: ContainerContext, hooks: Hooks) -> ContainerOutcome:
    if not hooks.healthy():
        return ContainerOutcome("waiting", f"{NOTE}\nwaiting for the API\n")
    hooks.installed(context.release)
    return ContainerOutcome("done", f"{NOTE}\ninstalled /whisk.system packages\n")


def _test(name: str) -> Program:
    """One of the pods of `helm test`: it calls OpenWhisk for real."""

    def program(context: ContainerContext, hooks: Hooks) -> ContainerOutcome:
        outcome = hooks.tested(name, context.pod["metadata"]["uid"])
        if outcome is None:
            return ContainerOutcome("waiting", f"{NOTE}\n")
        passed, said = outcome
        text = f"{NOTE}\n{said}\n"
        return ContainerOutcome("done", text) if passed else ContainerOutcome("failed", text, 1)

    return program


OW_UTILS: dict[str, Program] = {
    "gen-certs": _gen_certs,
    "init-couchdb": _init_couchdb,
    "install-packages": _install_packages,
    "smoketest": _test("smoketest"),
    "package-checker": _test("package-checker"),
}
"""What a container of openwhisk/ow-utils does, by a piece of its name or its pod's."""
