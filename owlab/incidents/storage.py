"""Incidents of the NFS server, its clients, and the claims."""

from __future__ import annotations

import re
from collections.abc import Iterator

from owlab import observed
from owlab.command import Command
from owlab.fact import Fact, succeeds
from owlab.incidents.incident import NAMESPACE, Incident, apply, kubectl, openwhisk, runs, seen
from owlab.lab import Lab
from owlab.language import N_, _, listed
from owlab.step import Check
from owlab.steps import nfs
from owlab.steps.kubernetes import one


def _couchdb(lab: Lab) -> Check:
    name = f"{lab.config.openwhisk.release}-couchdb-"
    pods = observed.pods(lab, lab.config.openwhisk.namespace)
    states = [pod["status"] for pod in pods if pod["name"].startswith(name)]
    return seen(_("the database runs"), states == ["Running"], listed(states) or _("no pod"))


def _restart_database(lab: Lab) -> Command:
    return openwhisk(lab, f"delete pod -l name={lab.config.openwhisk.release}-couchdb --now")


def _wait_for_database(lab: Lab) -> Command:
    name = f"{lab.config.openwhisk.release}-couchdb"
    return openwhisk(lab, f"rollout status deployment {name} --timeout=240s")


# -- restart that hangs --------------------------------------------------------------------


def _lose_export(lab: Lab) -> Iterator[Command]:
    path = lab.config.nfs.path
    yield Command(f"sudo sed -i '\\#^{path} #d' /etc/exports && sudo exportfs -ra", on=lab.storage)
    yield _restart_database(lab)


def _exported(lab: Lab) -> Check:
    return seen(_("the cause"), nfs.install_server.state(lab).done)


def _export(lab: Lab) -> Iterator[Command]:
    path = lab.config.nfs.path
    clients, variables = nfs.allowed_clients(lab)
    yield Command(
        f'echo "{path} {clients}" | sudo tee -a /etc/exports && sudo exportfs -ra',
        on=lab.storage,
        variables=variables,
    )
    yield _wait_for_database(lab)


restart_that_hangs = Incident(
    name="restart-that-hangs",
    level=2,
    minutes=12,
    story=N_(
        "Somebody edited a file on `storage` and saved it. Nothing happened for a week. Today "
        "the database was restarted, and it does not come up any more."
    ),
    breaks=_lose_export,
    symptom=_couchdb,
    cause=_exported,
    hints=(
        N_("kubectl describe pod: the events at the end tell what the node tries."),
        N_("The node may not mount the volume: access denied. Who decides that?"),
        N_(
            "sudo exportfs -v on storage lists what is exported. The line of section 1.5 "
            "is missing."
        ),
    ),
    mends=_export,
    why=N_(
        "The directory's line was gone from /etc/exports. What is mounted stays usable for a "
        "while; only the next mount is refused. That is why the change and the failure were a week "
        "apart. Pods that cannot mount wait in ContainerCreating and try again by themselves."
    ),
)


# -- silent storage ------------------------------------------------------------------------


def _stop_server(lab: Lab) -> Iterator[Command]:
    yield Command("sudo systemctl disable --now nfs-server.service", on=lab.storage)
    yield _restart_database(lab)


def _serving(lab: Lab) -> Check:
    unit = "nfs-server.service"
    text = f"systemctl is-active --quiet {unit} && systemctl is-enabled --quiet {unit}"
    return seen(_("the cause"), lab.fact(succeeds(text, lab.storage)))


def _start_server(lab: Lab) -> Iterator[Command]:
    yield Command("sudo systemctl enable --now nfs-server.service", on=lab.storage)
    yield _wait_for_database(lab)


silent_storage = Incident(
    name="silent-storage",
    level=2,
    minutes=10,
    story=N_(
        "The machine `storage` is up and answers. Still the database does not start. The "
        "colleague of the night shift “switched off what nobody needs”, to save memory, and wants "
        "the repair to survive the next restart of the machine."
    ),
    breaks=_stop_server,
    symptom=_couchdb,
    cause=_serving,
    hints=(
        N_("The events of the pod name the server that does not answer."),
        N_("systemctl status nfs-server on storage."),
        N_("Started is one thing, enabled the other: systemctl enable --now does both."),
    ),
    mends=_start_server,
    why=N_(
        "The NFS service was stopped, and disabled: it would not start with the machine either. "
        "In life, pods that have the volume mounted already hang in their next read or write, and "
        "cannot even be deleted until the server is back."
    ),
)


# -- after the audit -----------------------------------------------------------------------


def _squash(lab: Lab) -> Iterator[Command]:
    path = lab.config.nfs.path
    yield apply(lab, _application("logbook", _class(lab)))
    yield kubectl(lab, f"rollout status deployment logbook -n {NAMESPACE} --timeout=240s")
    yield Command(
        f"sudo sed -i '\\#^{path} #s/no_root_squash,//g' /etc/exports && sudo exportfs -ra",
        on=lab.storage,
    )
    yield kubectl(lab, f"delete pod -n {NAMESPACE} -l app=logbook --now")


def _root_may_write(lab: Lab) -> Check:
    given = lab.fact(_options(lab.config.nfs.path, lab.storage))
    squashed = [options for options in given if {"root_squash", "all_squash"} & options]
    return seen(_("the cause"), bool(given) and not squashed)


def _options(path: str, machine: str) -> Fact[list[set[str]]]:
    """What each client of an exported directory is granted."""
    entries = re.compile(rf"^{re.escape(path)}\s+\S+?\(([^)]*)\)", re.M)
    return Fact(
        Command("sudo exportfs -v", on=machine),
        lambda shown: [set(options.split(",")) for options in entries.findall(shown)],
        [],
    )


def _as_in_the_guide(lab: Lab) -> Iterator[Command]:
    path = lab.config.nfs.path
    clients, variables = nfs.allowed_clients(lab)
    yield Command(
        f"sudo sed -i '\\#^{path} #d' /etc/exports &&\n"
        f'echo "{path} {clients}" | sudo tee -a /etc/exports && sudo exportfs -ra',
        on=lab.storage,
        variables=variables,
    )
    yield kubectl(lab, f"rollout restart deployment logbook -n {NAMESPACE}")
    yield kubectl(lab, f"rollout status deployment logbook -n {NAMESPACE} --timeout=240s")


after_the_audit = Incident(
    name="after-the-audit",
    level=2,
    minutes=12,
    story=N_(
        "The security audit had a finding on `storage`, and somebody settled it within a minute. "
        "Since its restart tonight the application `logbook`, in the namespace `incident`, does "
        "not stay up. Its volume is mounted, and the disk is nearly empty."
    ),
    breaks=_squash,
    symptom=lambda lab: runs(lab, "logbook"),
    cause=_root_may_write,
    hints=(
        N_("It starts, and ends. kubectl logs -n incident deployment/logbook tells why."),
        N_(
            "Permission denied, for root, in its own directory. It is the server that says no: as "
            "whom does it see the root of a client? sudo exportfs -v on storage."
        ),
        N_(
            "root_squash is what counts where nothing else is said. The line of section 1.5 in "
            "/etc/exports says no_root_squash. Put it back, sudo exportfs -ra, and restart the pod."
        ),
    ),
    mends=_as_in_the_guide,
    why=N_(
        "The server made a client's root into `nobody`: root_squash. Mounting works as before, and "
        "so does making a new file where everybody may. But the logbook's file belongs to root, "
        "and `nobody` may not write into it. On real machines OpenWhisk's CouchDB and Redis would "
        "not survive their next restart either: they change the owner of their files as root (here "
        "they are simulated, and do not). The audit has a point: with no_root_squash root of each "
        "client is root on the data. So export to the nodes only, and to nobody else."
    ),
)


# -- reinstalled worker --------------------------------------------------------------------


def _remove_client(lab: Lab) -> Iterator[Command]:
    worker = lab.workers[-1]
    yield Command(
        "sudo DEBIAN_FRONTEND=noninteractive apt-get remove -y nfs-common", on=worker, timeout=300
    )
    yield apply(lab, _application("ledger", _class(lab), worker.lower()))


_CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {app}
  namespace: {space}
spec:
  storageClassName: {kind}
  accessModes: [ReadWriteMany]
  resources:
    requests:
      storage: 1Mi
"""

_SELECTOR = """
      nodeSelector:
        kubernetes.io/hostname: {node}"""

_APPLICATION = (
    """
apiVersion: v1
kind: Namespace
metadata:
  name: {space}
---"""
    + _CLAIM
    + """---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {app}
  namespace: {space}
spec:
  selector:
    matchLabels:
      app: {app}
  template:
    metadata:
      labels:
        app: {app}
    spec:{selector}
      containers:
        - name: {app}
          image: busybox:1.36
          command: [sh, -c, "date >> /data/{app} && sleep 36000"]
          volumeMounts:
            - name: data
              mountPath: /data
      volumes:
        - name: data
          persistentVolumeClaim:
            claimName: {app}
"""
)


def _application(app: str, kind: str, node: str = "") -> str:
    """An application that writes to a claim of this class; on that node, where one is named."""
    selector = _SELECTOR.format(node=node) if node else ""
    return _APPLICATION.format(app=app, space=NAMESPACE, kind=kind, selector=selector)


def _class(lab: Lab) -> str:
    return lab.config.provisioner.storage_class


def _has_client(lab: Lab) -> Check:
    return seen(_("the cause"), nfs.install_clients.state(lab).done)


def _install_client(lab: Lab) -> Iterator[Command]:
    yield Command(
        "sudo apt-get update && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y nfs-common",
        on=lab.workers[-1],
        timeout=900,
    )
    yield kubectl(lab, f"rollout status deployment ledger -n {NAMESPACE} --timeout=240s")


reinstalled_worker = Incident(
    name="reinstalled-worker",
    level=2,
    minutes=12,
    story=N_(
        "The last worker got a new disk and was set up again, “exactly like the "
        "others”. It is Ready. But the application `ledger`, in the namespace "
        "`incident`, has to run there and does not start."
    ),
    breaks=_remove_client,
    symptom=lambda lab: runs(lab, "ledger"),
    cause=_has_client,
    hints=(
        N_("kubectl describe pod -n incident: which step of starting fails?"),
        N_("The node cannot mount: it lacks a helper program. On the other worker it would work."),
        N_("Section 2 installed a package on every node."),
    ),
    mends=_install_client,
    why=N_(
        "The node had no nfs-common. Kubernetes mounts nothing itself: the node's own mount does, "
        "and for NFS it needs a helper. A node can be Ready without it. That is why section 2 says "
        "every node, and why machines should be set up by a script."
    ),
)


# -- reports wait --------------------------------------------------------------------------


def _misspell(lab: Lab) -> Iterator[Command]:
    yield apply(lab, _application("reports", "nfs-clinet"))


def _claim_bound(lab: Lab) -> Check:
    claim = one(lab, f"pvc reports -n {NAMESPACE}")
    spec = claim["spec"] if claim else {}
    phase = claim["status"].get("phase") if claim else ""
    return seen(_("the cause"), spec.get("storageClassName") == _class(lab) and phase == "Bound")


def _claim_again(lab: Lab) -> Iterator[Command]:
    yield kubectl(lab, f"scale deployment reports -n {NAMESPACE} --replicas=0")
    yield kubectl(lab, f"delete pvc reports -n {NAMESPACE}")
    yield apply(lab, _CLAIM.format(app="reports", space=NAMESPACE, kind=_class(lab)))
    yield kubectl(lab, f"scale deployment reports -n {NAMESPACE} --replicas=1")
    yield kubectl(lab, f"rollout status deployment reports -n {NAMESPACE} --timeout=240s")


reports_wait = Incident(
    name="reports-wait",
    level=2,
    minutes=12,
    story=N_(
        "A new application, `reports` in the namespace `incident`, has been Pending since it was "
        "deployed. Its data must lie on the NFS server. The developers say that their YAML is fine."
    ),
    breaks=_misspell,
    symptom=lambda lab: runs(lab, "reports"),
    cause=_claim_bound,
    hints=(
        N_("Why is the pod Pending? kubectl describe pod -n incident."),
        N_(
            "It waits for its claim. kubectl get pvc -n incident, kubectl get "
            "storageclass: compare."
        ),
        N_(
            "The class of a claim cannot be changed. The claim has to be made again, and "
            "the pod that uses it has to let go first."
        ),
    ),
    mends=_claim_again,
    why=N_(
        "The claim named a class that does not exist. Nobody answers such a claim, "
        "and nobody says that it is wrong: a class may still be made. "
        "`storageClassName` is immutable, so one deletes the claim and makes it "
        "again. While a pod uses it, even a Pending one, it stays Terminating."
    ),
)


# -- will not go ---------------------------------------------------------------------------


def _delete_in_use(lab: Lab) -> Iterator[Command]:
    yield apply(lab, _application("archive", _class(lab)))
    yield kubectl(lab, f"rollout status deployment archive -n {NAMESPACE} --timeout=240s")
    yield kubectl(lab, f"delete pvc archive -n {NAMESPACE} --wait=false")


def _claim_gone(lab: Lab) -> Check:
    claim = one(lab, f"pvc archive -n {NAMESPACE}")
    state = "Terminating" if claim and claim["metadata"].get("deletionTimestamp") else _("there")
    return seen(
        _("the claim archive is gone"), claim is None, _("gone") if claim is None else state
    )


def _let_go(lab: Lab) -> Check:
    found = one(lab, f"deployment archive -n {NAMESPACE}")
    replicas = found["spec"].get("replicas", 1) if found else 0
    return seen(_("the cause"), replicas == 0)


def _scale_down(lab: Lab) -> Iterator[Command]:
    yield kubectl(lab, f"scale deployment archive -n {NAMESPACE} --replicas=0")
    yield kubectl(lab, f"wait --for=delete pvc/archive -n {NAMESPACE} --timeout=120s")


will_not_go = Incident(
    name="will-not-go",
    level=2,
    minutes=8,
    story=N_(
        "The claim `archive` in the namespace `incident` was deleted yesterday, and "
        "it is still there. Somebody on the internet says: remove the finalizer. Do "
        "it properly. The application may stop; its Deployment should stay."
    ),
    breaks=_delete_in_use,
    symptom=_claim_gone,
    cause=_let_go,
    hints=(
        N_("kubectl describe pvc archive -n incident: its status, and who uses it."),
        N_("A finalizer protects it as long as a pod uses it."),
        N_("A Deployment can have no pods: kubectl scale --replicas=0."),
    ),
    mends=_scale_down,
    why=N_(
        "The finalizer kubernetes.io/pvc-protection holds a claim as long as a pod "
        "uses it, so that nobody loses data by a slip. When the pod is gone, so is "
        "the claim, by itself. Whoever removes the finalizer by hand takes the disk "
        "from under a running program."
    ),
)

INCIDENTS = (
    restart_that_hangs,
    silent_storage,
    after_the_audit,
    reinstalled_worker,
    reports_wait,
    will_not_go,
)
