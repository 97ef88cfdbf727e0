"""The steps where there is a cluster's API, and no machine to type on.

Sections 1 to 4 are looked at instead of done: the one way to see what a node can do is a pod on it.
From section 5 on the same is typed as on the master, on the laptop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from owlab import versions
from owlab.command import HOST, Command
from owlab.errors import MachineError
from owlab.lab import Lab
from owlab.language import N_, _
from owlab.step import Check, Evidence, Step, all_of, on_laptop
from owlab.steps import (
    forwarding,
    functions,
    helm,
    k3s,
    nfs,
    openwhisk,
    readiness,
    storage,
    vms,
    wsk,
)
from owlab.steps.control import control
from owlab.steps.kubernetes import condition, one, warnings
from owlab.steps.undoing import nothing

PROBE_SECONDS = 120
"""For pulling a small image, mounting the export and writing to it."""


def server(lab: Lab) -> str:
    """The NFS server that was named; empty when the cluster brings its own storage class."""
    return lab.config.cluster.nfs_server


def wait_for_node(lab: Lab, name: str) -> Iterator[Command]:
    """Wait for a node of the cluster; nothing is installed on it."""
    yield Command(
        f"{control(lab).kubectl} wait --for=condition=Ready node/{name} --timeout=60s",
        timeout=90,
        why=f"{name} is in the cluster already",
    )


def node_exists(lab: Lab, name: str) -> Check:
    """The node answers; the NFS server, if one was named, is used as it is."""
    if name == lab.storage:
        seen = (
            _("{server}, used as it is").format(server=server(lab))
            if server(lab)
            else _("the cluster's own storage class")
        )
        return Check((Evidence(_("storage"), True, seen),))
    info = lab.machine_info(name)
    seen = f"{info.state} {info.ipv4}".strip() if info else _("not in the cluster")
    return Check((Evidence(name, info is not None and bool(info.ipv4), seen),))


def node_ready(lab: Lab, name: str) -> Check:
    """Ready, whatever its version is."""
    node = one(lab, f"node {name}")
    version = node["status"]["nodeInfo"]["kubeletVersion"] if node else _("not in the cluster")
    return Check((Evidence(_("node {name}").format(name=name), condition(node, "Ready"), version),))


def exported(lab: Lab, machine: str) -> Check:
    """Section 1.5 cannot be seen through the API: the pods of section 2 prove it."""
    if not server(lab):
        return Check((Evidence(_("no NFS server is needed"), True, _own_class(lab)),))
    seen = _("{server}:{path}, proved by the pods of section 2").format(
        server=server(lab), path=lab.config.nfs.path
    )
    return Check((Evidence(_("the NFS server was named"), True, seen),))


def _own_class(lab: Lab) -> str:
    wanted = lab.config.openwhisk.storage_class or _("of the cluster")
    return _("storage class {wanted}").format(wanted=wanted)


def _probe(node: str) -> str:
    return f"owlab-nfs-probe-{node}"


def mount_everywhere(lab: Lab, node: str) -> Iterator[Command]:
    """A pod on the node writes to the export and goes."""
    if not server(lab):
        return
    name, here = _probe(node), control(lab)
    script = f"touch /data/.{name} && rm /data/.{name}"
    manifest = f"""\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  labels: {{app: owlab-nfs-probe}}
spec:
  nodeName: {node}
  restartPolicy: Never
  containers:
    - name: probe
      image: busybox:{versions.BUSYBOX_TAG}
      command: [sh, -c, "{script}"]
      volumeMounts: [{{name: data, mountPath: /data}}]
  volumes:
    - name: data
      nfs: {{server: {server(lab)}, path: {lab.config.nfs.path}}}
"""
    yield Command(
        f"{here.kubectl} delete pod {name} -n default --ignore-not-found",
        timeout=120,
        why=f"whether {node} can mount the export shows in a pod that does",
    )
    yield Command(f"{here.kubectl} apply -n default -f - <<'EOF'\n{manifest}EOF")
    yield Command(
        f"{here.kubectl} wait -n default --for=jsonpath='{{.status.phase}}'=Succeeded "
        f"pod/{name} --timeout={PROBE_SECONDS}s",
        timeout=PROBE_SECONDS + 30,
    )


def mounted(lab: Lab, node: str) -> Check:
    """The node's pod has written to the export that is configured now."""
    if not server(lab):
        return Check(
            (Evidence(_("nothing to mount on {node}").format(node=node), True, _own_class(lab)),)
        )
    pod = one(lab, f"pod {_probe(node)}", "default")
    if pod is None:
        return Check(
            (Evidence(_("{node} mounts the export").format(node=node), False, _("not tried")),)
        )
    volumes = {v["name"]: v for v in pod["spec"]["volumes"]}
    wanted = {"server": server(lab), "path": lab.config.nfs.path}
    same = volumes["data"].get("nfs") == wanted
    phase = pod["status"].get("phase", "Pending")
    seen = _("its pod is {phase}").format(phase=phase) if same else _("its pod had another export")
    return Check(
        (
            Evidence(
                _("{node} mounts the export").format(node=node), same and phase == "Succeeded", seen
            ),
        )
    )


def why_not_mounted(lab: Lab, node: str) -> str:
    """What the node says about its pod's volume."""
    said = warnings(lab, "default", most=20).splitlines()
    return "\n".join([line for line in said if line.startswith(f"pod {_probe(node)}:")][-3:])


def remove_probe(lab: Lab, node: str) -> Iterator[Command]:
    """Delete the node's pod."""
    if server(lab):
        yield Command(
            f"{control(lab).kubectl} delete pod {_probe(node)} -n default --ignore-not-found",
            timeout=120,
        )


def ask(text: str) -> Callable[[Lab, str], Iterator[Command]]:
    """A program of the laptop is used as it is: only its version is shown."""

    def commands(lab: Lab, machine: str) -> Iterator[Command]:
        yield Command(text, on=HOST, why=N_("used as it is on this computer"))

    return commands


def provider_ready(lab: Lab, machine: str) -> Check:
    """Section 1.1: the cluster answers."""
    lab.provider.prepare(lab.config)
    return Check((Evidence(lab.provider.about, True),))


def deploy_provisioner(lab: Lab, machine: str) -> Iterator[Command]:
    """Section 5, where an NFS server was named."""
    if server(lab):
        yield from storage.deploy_provisioner.commands(lab, machine)


def provisioned(lab: Lab, machine: str) -> Check:
    """The provisioner, or the storage class that the cluster brings."""
    if server(lab):
        return storage.deploy_provisioner.check(lab, machine)
    return storage_class_exists(lab)


def remove_provisioner(lab: Lab, machine: str) -> Iterator[Command]:
    """What :func:`deploy_provisioner` did."""
    if server(lab):
        yield from storage.remove(lab, machine)


def deploy(lab: Lab, machine: str) -> Iterator[Command]:
    """Section 6.4, and the way to OpenWhisk when there is no other."""
    yield from openwhisk.deploy.commands(lab, machine)
    yield from forwarding.start(lab)


def uninstall(lab: Lab, machine: str) -> Iterator[Command]:
    """What :func:`deploy` did."""
    yield from forwarding.stop(lab)
    yield from openwhisk.uninstall_commands(lab, machine)


def storage_class_exists(lab: Lab) -> Check:
    """Section 5 without an NFS server: the cluster's own storage class."""
    wanted = lab.config.openwhisk.storage_class
    found = one(lab, f"storageclass {wanted}") if wanted else {"provisioner": "the default"}
    seen = (
        _("made by {provisioner}").format(provisioner=found["provisioner"])
        if found
        else _("not there: set cluster_nfs_server")
    )
    return Check(
        (
            Evidence(
                _("storage class {wanted}").format(wanted=wanted or _("of the cluster")),
                bool(found),
                seen,
            ),
        )
    )


STEPS: tuple[Step, ...] = (
    replace(vms.install_provider, title=N_("use the cluster that is there"), commands=nothing,
            check=provider_ready, expect=""),
    replace(vms.create, title=N_("look at its nodes"), commands=nothing, check=node_exists,
            undo=None, expect=""),
    replace(k3s.install_server, title=N_("wait for the first node"), commands=wait_for_node,
            check=node_ready, undo=None, diagnose=None, expect=""),
    replace(k3s.join_workers, title=N_("wait for the other nodes"), commands=wait_for_node,
            check=node_ready, undo=None, diagnose=None, expect=""),
    replace(nfs.install_server, title=N_("use the NFS server that was named"), commands=nothing,
            check=exported, undo=None, expect=""),
    replace(nfs.install_clients, title=N_("mount the export on every node"),
            commands=mount_everywhere, check=mounted, undo=remove_probe,
            diagnose=why_not_mounted, expect=""),
    replace(helm.install, title=N_("use Helm"), commands=ask("helm version --short"),
            where=on_laptop, undo=None, expect=""),
    replace(wsk.install, title=N_("use wsk"), commands=ask("wsk property get --cliversion"),
            where=on_laptop, undo=None, expect=""),
    replace(storage.deploy_provisioner, commands=deploy_provisioner, check=provisioned,
            where=on_laptop, undo=remove_provisioner),
    replace(openwhisk.label_nodes, undo=openwhisk.unlabel),
    replace(openwhisk.write_values, where=on_laptop),
    replace(openwhisk.configure_wsk, where=on_laptop),
    replace(openwhisk.deploy, commands=deploy, check=readiness.check_by_api, where=on_laptop,
            undo=uninstall),
    replace(functions.deploy_cli, where=on_laptop),
    replace(functions.deploy_web, where=on_laptop),
)  # fmt: skip
"""For a cluster that exists: the guide's keys, in the guide's order."""


# A cluster of the lab's own, in containers.


def make(lab: Lab, machine: str) -> Iterator[Command]:
    """Make the cluster; one of that name that this lab did not make is left alone.

    Half a cluster, of a creation that was interrupted, is removed first. A whole one that does not
    answer is started: what is in it stays.
    """
    name = lab.config.cluster_name
    launch = lab.provider.launch(lab.config.machines[0])
    if lab.planning:
        yield launch
        return
    info = lab.machine_info(name)
    if info is not None:
        if name not in lab.folder.made():
            lab.folder.remove_carried_out(vms.create.key, machine)
            raise MachineError(
                brief=_("There is a cluster {name} that this lab did not make.").format(name=name),
                resolution=_(
                    "Nothing was done to it. Use another --lab NAME, or delete it yourself."
                ),
            )
        if info.state != "Unfinished":
            yield lab.provider.start(lab.nodes)
            return
        yield lab.provider.delete([name])
    lab.provider.refuse_early(lab.config)
    lab.folder.add_made(name)
    yield launch


def made(lab: Lab, machine: str) -> Check:
    """All nodes of the cluster are there, and it is the lab's."""
    checks = [node_exists(lab, node) for node in lab.nodes]
    return all_of(checks)


def unmake(lab: Lab, machine: str) -> Iterator[Command]:
    """Delete the cluster."""
    name = lab.config.cluster_name
    if name in lab.folder.made():
        yield lab.provider.delete([name])
        if not lab.planning:
            lab.folder.remove_made(name)


_TITLES = {
    vms.install_provider.key: N_("use Docker and its tool"),
    vms.create.key: N_("make a cluster in containers"),
    nfs.install_server.key: N_("leave the NFS server out: volumes are of the cluster's own class"),
    nfs.install_clients.key: N_("leave the NFS clients out, for the same reason"),
    storage.deploy_provisioner.key: N_("use the cluster's own storage class"),
}


def _in_our_own(step: Step) -> Step:
    step = replace(step, title=_TITLES.get(step.key, step.title))
    if step.key != vms.create.key:
        return step
    return replace(step, commands=make, check=made, undo=unmake, where=on_laptop)


MADE: tuple[Step, ...] = tuple(_in_our_own(step) for step in STEPS)
"""For a cluster that the lab makes, and deletes."""
