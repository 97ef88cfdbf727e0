"""Section 6: labels, values, wsk's properties, and the deployment of OpenWhisk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import yaml

from owlab import versions
from owlab.command import Command, Result
from owlab.errors import LabError
from owlab.fact import Fact, succeeds
from owlab.lab import Lab, describe
from owlab.language import N_, _
from owlab.step import Check, Evidence, Step, on_master, on_nodes
from owlab.steps import addresses, certificate, k3s, readiness, storage, values, wsk
from owlab.steps.control import control
from owlab.steps.kubernetes import one
from owlab.steps.undoing import with_the_cluster

CHART_DIRECTORY = "openwhisk-deploy-kube"
"""Where the chart's repository is cloned, in the home directory on the master."""


_PACKAGES_SECONDS = 1800


# 6.1 --------------------------------------------------------------------------------------


def _role(lab: Lab, node: str) -> str:
    """On the only node there is, everything runs."""
    return "core" if node == lab.master and lab.workers else "invoker"


def _label(lab: Lab, node: str) -> Iterator[Command]:
    yield Command(
        f"{control(lab).kubectl} label node {node} openwhisk-role={_role(lab, node)} --overwrite",
        on=control(lab).machine,
        why=N_("the control plane runs on core, functions on invoker"),
    )


def _labelled(lab: Lab, node: str) -> Check:
    found = one(lab, f"node {node}")
    labels = found["metadata"].get("labels", {}) if found else {}
    role, wanted = labels.get("openwhisk-role", _("no role")), _role(lab, node)
    return Check(
        (Evidence(_("{node} is {wanted}").format(node=node, wanted=wanted), role == wanted, role),)
    )


def unlabel(lab: Lab, node: str) -> Iterator[Command]:
    """Take the role away."""
    here = control(lab)
    yield Command(f"{here.kubectl} label node {node} openwhisk-role-", on=here.machine)


label_nodes = Step(
    key="openwhisk.label_nodes",
    section="6.1",
    title=N_("label the nodes with their role"),
    commands=_label,
    check=_labelled,
    where=on_nodes,
    needs=(k3s.join_workers,),
    undo=with_the_cluster(unlabel),
    expect="node/master labeled",
)


# 6.2 --------------------------------------------------------------------------------------


def _written(lab: Lab, machine: str) -> Check:
    reading = Command(f"cat {values.directory(lab)}/mycluster.yaml", on=machine)
    fact = Fact(reading, yaml.safe_load, None)
    found = lab.fact(fact)
    if not isinstance(found, dict):
        return Check((Evidence(_("mycluster.yaml"), False, _("not written")),))
    ingress = found.get("whisk", {}).get("ingress", {})
    persistence = found.get("k8s", {}).get("persistence", {})
    address, host = lab.address(lab.master), ingress.get("apiHostName")
    port, wanted = ingress.get("apiHostPort"), lab.config.openwhisk
    storage_class = persistence.get("explicitStorageClass", "")
    return Check(
        (
            *_keys_made(lab, machine),
            Evidence(
                _("mycluster.yaml names the master's address"),
                (host, port) == (address, wanted.port),
                f"{host}:{port}",
            ),
            Evidence(
                _("mycluster.yaml names the storage class"),
                storage_class == wanted.storage_class,
                storage_class or _("none: the cluster's default"),
            ),
        )
    )


def _keys_made(lab: Lab, machine: str) -> list[Evidence]:
    if lab.config.openwhisk.keys == "well-known":
        return []
    shape = "^(GUEST|SYSTEM)_KEY=[0-9a-f-]{36}:[A-Za-z0-9]{64}$"
    file = f"{values.directory(lab)}/keys.env"
    made = lab.fact(succeeds(f"[ $(grep -cE '{shape}' {file}) = 2 ]", machine))
    return [Evidence(_("keys of this lab's own"), made, "" if made else _("not made, or damaged"))]


write_values = Step(
    key="openwhisk.write_values",
    section="6.2",
    title=N_("write mycluster.yaml"),
    commands=values.write,
    check=_written,
    where=on_master,
    needs=(k3s.join_workers,),
    undo=values.remove,
    expect="~/kubeyaml/mycluster.yaml",
)


# 6.3 --------------------------------------------------------------------------------------


def _configure_wsk(lab: Lab, machine: str) -> Iterator[Command]:
    entry = addresses.here(lab)
    port = lab.config.openwhisk.port
    program = wsk.unverified(lab)
    yield Command(
        f'{program} property set --apihost "${{{entry.name}}}:{port}"',
        on=machine,
        variables=(entry,),
    )
    if lab.config.openwhisk.keys == "well-known":
        yield Command(
            f"{program} property set --auth {versions.GUEST_KEY}",
            on=machine,
            why=N_("OpenWhisk's published guest key: anybody knows it"),
        )
    else:
        yield Command(
            f'. {values.directory(lab)}/keys.env && {program} property set --auth "$GUEST_KEY"',
            on=machine,
            why=N_("the key of the namespace guest, made in 6.2"),
        )
    if not lab.config.as_written:
        yield Command(
            f"chmod 600 {control(lab).home}/.wskprops",
            on=machine,
            why=N_("wsk leaves its key readable by everybody"),
        )


def _configured(lab: Lab, machine: str) -> Check:
    program = wsk.unverified(lab)
    ask = Command(f"{program} property get --apihost -o raw", on=machine)
    host = lab.fact(Fact(ask, str.strip, ""))
    wanted = f"{lab.value(addresses.here(lab))}:{lab.config.openwhisk.port}"
    key = (
        versions.GUEST_KEY
        if lab.config.openwhisk.keys == "well-known"
        else f"$(. {values.directory(lab)}/keys.env && echo $GUEST_KEY)"
    )
    same = lab.fact(succeeds(f'[ "$({program} property get --auth -o raw)" = "{key}" ]', machine))
    return Check(
        (
            Evidence(_("wsk's apihost"), host == wanted, host or _("not set")),
            Evidence(
                _("wsk's key is the namespace's"), same, "" if same else _("not set, or another")
            ),
        )
    )


def _forget_properties(lab: Lab, machine: str) -> Iterator[Command]:
    yield Command(f"{wsk.unverified(lab)} property unset --apihost --auth", on=machine)


configure_wsk = Step(
    key="openwhisk.configure_wsk",
    section="6.3",
    title=N_("configure wsk"),
    commands=_configure_wsk,
    check=_configured,
    where=on_master,
    needs=(wsk.install, write_values),
    undo=_forget_properties,
    expect="""\
ok: whisk API host set to 10.251.200.141:31001
ok: whisk auth set. Run 'wsk property get --auth' to see the new value.""",
)


# 6.4 --------------------------------------------------------------------------------------


def _deploy(lab: Lab, machine: str) -> Iterator[Command]:
    settings, here = lab.config.openwhisk, control(lab)
    pinned = f" &&\ngit -C {CHART_DIRECTORY} checkout --quiet {settings.chart_commit}"
    yield Command(
        f"cd {here.home} && {{ [ -d {CHART_DIRECTORY} ] || "
        f"git clone {versions.OPENWHISK_CHART_REPOSITORY}; }}"
        + (pinned if settings.chart_commit else ""),
        on=machine,
        timeout=600,
        why=N_("the chart from git: the released one fails on its old npm"),
    )
    if settings.certificate == "own-ca":
        yield from certificate.install(lab, machine)
    if settings.pull_runtimes_first:
        for worker in lab.workers or [lab.master]:
            for image in versions.RUNTIME_IMAGES:
                if pull := lab.provider.pull(image, worker):
                    why = N_("a first call that has to pull its image fails after 60 s")
                    yield replace(pull, why=why)
    install = "install" if lab.config.as_written else "upgrade --install"
    yield Command(
        f"cd {here.home}/{CHART_DIRECTORY} &&\n{here.helm} {install} {settings.release} "
        f"./helm/openwhisk -n {settings.namespace} --create-namespace "
        f"-f {values.directory(lab)}/mycluster.yaml",
        on=machine,
        timeout=600,
    )
    kubectl = f"{here.kubectl} -n {settings.namespace}"
    wait = f"{kubectl} wait job/{settings.release}-install-packages"
    complete = f"{wait} --for=condition=complete"
    yield Command(
        # A Job that gave up never completes, and one whose pod cannot start never gives up.
        f"limit=$((SECONDS + {_PACKAGES_SECONDS}))\n"
        f"until {complete} --timeout=20s 2> /dev/null; do\n"
        f"  if {wait} --for=condition=failed --timeout=0 > /dev/null 2>&1 ||\n"
        f"    [ $SECONDS -ge $limit ]; then\n"
        f"    {kubectl} get pods >&2; echo 'OpenWhisk is not ready: see these pods' >&2; exit 1\n"
        "  fi\n  sleep 1\ndone",
        on=machine,
        timeout=_PACKAGES_SECONDS + 60,
        why=N_("OpenWhisk is ready when its packages are installed"),
    )


def uninstall_commands(lab: Lab, machine: str) -> Iterator[Command]:
    """Uninstall the release, and what a release leaves behind.

    The volumes' directories stay on the NFS server as ``archived-...``, with what was in them.
    """
    settings, here = lab.config.openwhisk, control(lab)
    yield Command(
        f"{here.helm} uninstall {settings.release} -n {settings.namespace} --ignore-not-found",
        on=machine,
        timeout=300,
    )
    yield Command(
        f"{here.kubectl} delete namespace {settings.namespace} --ignore-not-found",
        on=machine,
        timeout=300,
        why=N_("the certificate's secret, test pods and action pods are not the release's"),
    )


deploy = Step(
    key="openwhisk.deploy",
    section="6.4",
    title=N_("deploy OpenWhisk"),
    commands=_deploy,
    check=readiness.check,
    where=on_master,
    needs=(
        storage.deploy_provisioner,
        label_nodes,
        write_values,
        configure_wsk,
    ),
    undo=with_the_cluster(uninstall_commands),
    deadline=600,
    progress=readiness.progress,
    diagnose=readiness.diagnose,
    expect="""\
NAME: owdev
LAST DEPLOYED: Wed May  8 18:26:12 2024
NAMESPACE: openwhisk
STATUS: deployed
REVISION: 1""",
)


# The guide's "other useful commands".


def all_resources(lab: Lab) -> Result:
    """``kubectl get all`` in OpenWhisk's namespace."""
    return _typed(lab, f"{control(lab).kubectl} get all -n {lab.config.openwhisk.namespace}")


def packages(lab: Lab) -> Result:
    """The packages that come with OpenWhisk: ``wsk package list /whisk.system``."""
    return _typed(lab, f"{wsk.program(lab)} package list /whisk.system")


def uninstall(lab: Lab) -> list[Result]:
    """Uninstall OpenWhisk; the cluster and its storage stay."""
    here = control(lab).machine
    return [_checked(lab, command) for command in uninstall_commands(lab, here)]


def _typed(lab: Lab, text: str) -> Result:
    return _checked(lab, Command(text, on=control(lab).machine))


def _checked(lab: Lab, command: Command) -> Result:
    result = lab.run(command)
    if not result:
        raise LabError(
            brief=_("The command failed."),
            details=describe(result),
            resolution=_("See which step is missing: `owlab status`."),
        )
    return result
