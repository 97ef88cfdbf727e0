"""The guide as a validated graph: every step, by key, in the order of its sections."""

from __future__ import annotations

from owlab.errors import ConfigError
from owlab.lab import Lab
from owlab.language import _, listed
from owlab.step import Step
from owlab.steps import (
    existing_cluster,
    existing_machines,
    functions,
    helm,
    k3s,
    nfs,
    openwhisk,
    storage,
    vms,
    wsk,
)

STEPS: tuple[Step, ...] = (
    vms.install_provider,
    vms.create,
    k3s.install_server,
    k3s.join_workers,
    nfs.install_server,
    nfs.install_clients,
    helm.install,
    wsk.install,
    storage.deploy_provisioner,
    openwhisk.label_nodes,
    openwhisk.write_values,
    openwhisk.configure_wsk,
    openwhisk.deploy,
    functions.deploy_cli,
    functions.deploy_web,
)
"""In the guide's order."""

ON_GIVEN_MACHINES: dict[str, Step] = {step.key: step for step in existing_machines.STEPS}
"""The same keys, for labs whose machines were there before."""

ON_A_CLUSTER: dict[str, Step] = {step.key: step for step in existing_cluster.STEPS}
"""The same, for labs that have a cluster's API and no machines."""

ON_OUR_CLUSTER: dict[str, Step] = {step.key: step for step in existing_cluster.MADE}
"""The same, where the lab makes the cluster itself."""

GUIDE: dict[str, Step] = {step.key: step for step in STEPS}


def for_lab(lab: Lab, step: Step) -> Step:
    """The step as it is carried out with what the lab's provider offers."""
    makes, given = (
        ({}, ON_GIVEN_MACHINES) if lab.provider.has_machines else (ON_OUR_CLUSTER, ON_A_CLUSTER)
    )
    others = makes if lab.provider.creates_machines else given
    return others.get(step.key, step)


def section_number(section: str) -> tuple[int, ...]:
    """``6.4`` as ``(6, 4)``; raises ConfigError for what is no section."""
    try:
        return tuple(int(part) for part in section.removeprefix("0").split("."))
    except ValueError:
        raise ConfigError(
            brief=_("{section!r} is not a section of the guide.").format(section=section),
            resolution=_("Sections: {names}.").format(names=listed(step.section for step in STEPS)),
        ) from None


def ordered(to: str = "") -> list[Step]:
    """The steps up to and with section ``to``: ``5`` means all of section 5."""
    if not to:
        return list(STEPS)
    limit = section_number(to)
    if not any(section_number(step.section)[: len(limit)] == limit for step in STEPS):
        raise ConfigError(
            brief=_("The guide has no section {to}.").format(to=to),
            resolution=_("Sections: {names}.").format(names=listed(step.section for step in STEPS)),
        )
    return [step for step in STEPS if section_number(step.section)[: len(limit)] <= limit]


def find(name: str) -> Step:
    """A step by its key (``k3s.join_workers``) or its section (``1.4``)."""
    for step in STEPS:
        if name in (step.key, step.section):
            return step
    raise ConfigError(
        brief=_("There is no step {name!r}.").format(name=name),
        resolution=_("Steps: {names}.").format(
            names=listed(f"{step.section} {step.key}" for step in STEPS)
        ),
    )
