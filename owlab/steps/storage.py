"""Section 5: volumes made on demand, on the NFS server."""

from __future__ import annotations

from collections.abc import Iterator

from owlab import versions
from owlab.command import Command
from owlab.lab import Lab
from owlab.language import N_, _
from owlab.step import Check, Evidence, Step, on_master
from owlab.steps import helm, k3s, nfs
from owlab.steps.control import control
from owlab.steps.kubernetes import one, warnings
from owlab.steps.undoing import with_the_cluster

REPOSITORY = "nfs-subdir-external-provisioner"
CHART = f"{REPOSITORY}/nfs-subdir-external-provisioner"


def deployment_name(lab: Lab) -> str:
    """The provisioner's Deployment, which the chart names after the release."""
    return f"{lab.config.provisioner.release}-nfs-subdir-external-provisioner"


def _deploy(lab: Lab, machine: str) -> Iterator[Command]:
    settings, here = lab.config.provisioner, control(lab)
    server = lab.address_variable(lab.storage)
    yield Command(
        f"{here.repositories} repo add {REPOSITORY} {versions.PROVISIONER_CHART_REPOSITORY}",
        on=machine,
        why=N_("the provisioner's own chart: the one that the OpenWhisk documents name is retired"),
    )
    yield Command(f"{here.repositories} repo update", on=machine)
    install = "install" if lab.config.as_written else "upgrade --install"
    options = [f"--version {settings.chart_version}"] if settings.chart_version else []
    options += [f'--set nfs.server="${{{server.name}}}"', f"--set nfs.path={lab.config.nfs.path}"]
    if settings.storage_class != "nfs-client":
        options.append(f"--set storageClass.name={settings.storage_class}")
    if not settings.leader_election:
        options.append("--set leaderElection.enabled=false")
    yield Command(
        f"{here.helm} {install} {settings.release} {CHART} \\\n    " + " \\\n    ".join(options),
        on=machine,
        variables=(server,),
        timeout=300,
        why=N_("the address of the NFS server is read, never typed"),
    )
    yield Command(
        f"{here.kubectl} rollout status deployment/{deployment_name(lab)} --timeout=300s",
        on=machine,
        timeout=330,
    )


def _deployed(lab: Lab, machine: str) -> Check:
    wanted = lab.config.provisioner.storage_class
    found = one(lab, f"storageclass {wanted}")
    seen = (
        _("made by {provisioner}").format(provisioner=found["provisioner"])
        if found
        else _("not there")
    )
    storage_class = Evidence(
        _("storage class {wanted}").format(wanted=wanted), found is not None, seen
    )
    deployment = one(lab, f"deployment {deployment_name(lab)}", "default")
    if deployment is None:
        return Check((storage_class, Evidence(_("provisioner"), False, _("not deployed"))))
    ready = deployment["status"].get("readyReplicas", 0)
    volume = deployment["spec"]["template"]["spec"]["volumes"][0]["nfs"]
    address = lab.address(lab.storage)
    return Check(
        (
            storage_class,
            Evidence(_("provisioner pods ready"), ready >= 1, str(ready)),
            Evidence(
                _("the NFS server's address is still the one that was deployed"),
                volume["server"] == address,
                _("deployed {server}, now {address}").format(
                    server=volume["server"], address=address
                ),
            ),
        )
    )


def remove(lab: Lab, machine: str) -> Iterator[Command]:
    """Uninstall the provisioner."""
    yield Command(
        f"{control(lab).helm} uninstall {lab.config.provisioner.release} --ignore-not-found",
        on=machine,
    )


deploy_provisioner = Step(
    key="storage.deploy_provisioner",
    section="5",
    title=N_("deploy NFS dynamic storage"),
    commands=_deploy,
    check=_deployed,
    where=on_master,
    needs=(k3s.join_workers, nfs.install_server, nfs.install_clients, helm.install),
    undo=with_the_cluster(remove),
    deadline=300,
    diagnose=lambda lab, machine: warnings(lab, "default"),
    expect="""\
NAME: openwhisk-nfs
LAST DEPLOYED: Wed May  8 18:15:14 2024
NAMESPACE: default
STATUS: deployed
REVISION: 1
TEST SUITE: None""",
)
