"""What known container images do: when they are ready, what they wait for, what they say.

Images and containers are known by the names of the upstream charts, so those work as well.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import images
from owlab.pocket.kube.certificates import self_signed
from owlab.pocket.kube.containers.runtime import Process
from owlab.pocket.kube.parts import Parts, find_parts
from owlab.pocket.kube.shape import ready_pods, release_of
from owlab.pocket.kube.store import Store

NOTE = "(a simulated container of the pocket lab)"


@dataclass(frozen=True)
class Outcome:
    """Where a container is.

    :param state: ``waiting`` (runs, not ready or not done), ``ready``, ``done``, ``failed``.
    :param log: what it has printed.
    """

    state: str
    log: str = NOTE + "\n"
    code: int = 0
    reason: str = ""
    """Of a container that has ended, where it is not ``Completed`` or ``Error``."""


@dataclass(frozen=True)
class Context:
    """What a program can see: its pod, its container, the cluster, and hooks of the lab."""

    store: Store
    pod: Object
    container: Object
    address: str
    installed: Callable[[str], None]
    healthy: Callable[[], bool]
    wiped: Callable[[], None]
    process: Callable[[], Process | None]

    @property
    def namespace(self) -> str:
        return str(self.pod["metadata"]["namespace"])

    @property
    def release(self) -> str:
        return release_of(self.pod)

    def running(self, component: str) -> bool:
        """A component of the same release has a ready pod."""
        return bool(ready_pods(self.store, self.namespace, f"{self.release}-{component}"))

    def parts(self) -> Parts:
        """What of the release answers, wherever its variables say that it is."""
        return find_parts(self.store, self.release, self.namespace)

    def job_done(self, name: str) -> bool:
        """A Job of the same release is complete."""
        job = self.store.find("Job", f"{self.release}-{name}", self.namespace)
        conditions = (job or {}).get("status", {}).get("conditions") or []
        return any(c["type"] == "Complete" and c["status"] == "True" for c in conditions)


Program = Callable[[Context], Outcome]


def _waits(condition: Callable[[Context], bool], done: str, waiting: str) -> Program:
    def program(context: Context) -> Outcome:
        if condition(context):
            return Outcome("done", f"{NOTE}\n{done}\n")
        return Outcome("waiting", f"{NOTE}\n{waiting}\n")

    return program


INIT_PROGRAMS: dict[str, Program] = {
    "wait-for-zookeeper": _waits(
        lambda c: c.running("zookeeper"),
        "Success: zookeeper is up",
        "...waiting for zookeeper to be ready",
    ),
    "wait-for-kafka": _waits(
        lambda c: "kafka" in c.parts().ready,
        "Success: ready kafka endpoint!",
        "...waiting for kafka to be ready",
    ),
    "wait-for-couchdb": _waits(
        lambda c: "couchdb" in c.parts().ready and c.job_done("init-couchdb"),
        "Success: CouchDB is ready!",
        "...waiting for CouchDB to be ready",
    ),
    "wait-for-controller": _waits(
        lambda c: c.running("controller"),
        "Success: controller is ready",
        "...waiting for controller to be ready",
    ),
    "wait-for-healthy-invoker": _waits(
        lambda c: c.parts().healthy_invokers > 0,
        "Success: there are 1 healthy invokers",
        "...waiting for a healthy invoker",
    ),
}
"""Init containers by name."""


def _gen_certs(context: Context) -> Outcome:
    name = f"{context.release}-nginx"
    if context.store.find("Secret", name, context.namespace):
        return Outcome("done", f"{NOTE}\nusing existing {name} secret\n")
    certificate, key = self_signed(f"*.{context.address}")
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
    return Outcome("done", f"{NOTE}\ngenerated a certificate\nsecret/{name} created\n")


def _init_couchdb(context: Context) -> Outcome:
    if "couchdb" not in context.parts().ready:
        return Outcome("waiting", f"{NOTE}\nwaiting for CouchDB\n")
    # Both charts have this Job only unless db.wipeAndInit is false.
    context.wiped()
    return Outcome("done", f"{NOTE}\nsuccessfully initialized CouchDB for OpenWhisk\n")


def _install_packages(context: Context) -> Outcome:
    if not context.healthy():
        return Outcome("waiting", f"{NOTE}\nwaiting for the API\n")
    context.installed(context.release)
    return Outcome("done", f"{NOTE}\ninstalled /whisk.system packages\n")


def _test(context: Context) -> Outcome:
    if not context.healthy():
        return Outcome("failed", f"{NOTE}\nFAILED! OpenWhisk does not answer\n", 1)
    return Outcome(
        "done",
        f"{NOTE}\nPASSED! OpenWhisk's front end has a ready endpoint."
        " (The simulated test looked at nothing else: no action was created or invoked.)\n",
    )


OW_UTILS: dict[str, Program] = {
    "gen-certs": _gen_certs,
    "init-couchdb": _init_couchdb,
    "install-packages": _install_packages,
    "smoketest": _test,
    "package-checker": _test,
}
"""What a container of openwhisk/ow-utils does, by a part of its name or its pod's."""


def main_program(context: Context) -> Outcome:
    """Where a main container is now."""
    image = images.full_name(context.container.get("image", ""))
    if "openwhisk/ow-utils" in image:
        names = f"{context.container['name']} {context.pod['metadata']['name']}"
        for part, program in OW_UTILS.items():
            if part in names:
                return program(context)
        return Outcome("ready")
    command = _command(context, "ready")
    if command is not None:
        return command
    if image.startswith("docker.io/library/hello-world:"):
        return Outcome("done", f"{NOTE}\nHello from a container that is not there.\n")
    if "nfs-client-provisioner" in image:
        return Outcome(
            "ready",
            f"{NOTE}\nunexpected error getting claim reference: selfLink was empty, "
            "can't make reference\n",
        )
    return Outcome("ready")


def _command(context: Context, running: str) -> Outcome | None:
    """Where the command of a shell image is; ``running`` is the state while it goes on."""
    process = context.process()
    if process is None:
        return None
    if process.code is None:
        return Outcome(running, process.printed)
    return Outcome("failed" if process.code else "done", process.printed, process.code)


def init_program(context: Context) -> Outcome:
    """Where an init container is now."""
    program = INIT_PROGRAMS.get(context.container["name"])
    if program is not None:
        return program(context)
    return _command(context, "waiting") or Outcome("done")
