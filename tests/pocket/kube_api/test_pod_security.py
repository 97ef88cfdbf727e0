"""Pod Security Standards: what each level says of each field, in Kubernetes' words."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube.admission.pod_security import check
from owlab.pocket.kube.errors import Denied, Invalid

from ...clients.manifests import Object, deployment
from ..controllers.plain_store import namespace, pod, store_of

PREFIX = "pod-security.kubernetes.io/"


def said(level: str, spec: Object, notes: Object | None = None) -> str:
    """Why a pod is not let in at a level, or nothing."""
    made = pod("box", **spec)
    made["metadata"]["annotations"] = notes or {}
    try:
        assert check(_store(enforce=level), made, None) == []
    except Denied as error:
        head = f'violates PodSecurity "{level}:latest": '
        return error.message.partition(head)[2]
    return ""


def _store(**modes: str) -> Any:
    labels = {PREFIX + mode.replace("_", "-"): level for mode, level in modes.items()}
    store = store_of()
    draft = store.draft("Namespace", "default")
    draft["metadata"]["labels"] = labels
    store.update(draft)
    return store


def one(name: str = "a", **fields: Any) -> Object:
    return {"name": name, **fields}


def secured(name: str = "a", **context: Any) -> Object:
    return {"name": name, "securityContext": context}


def both(container: Object) -> Object:
    return {"containers": [container, {**container, "name": "b"}]}


def of(*containers: Object, **spec: Any) -> Object:
    return {"containers": list(containers), **spec}


PORT = {"containerPort": 80, "hostPort": 8080}
HOOK = {"preStop": {"tcpSocket": {"host": "c"}}}
ELSEWHERE = {"httpGet": {"host": "example.com"}}
CAPABILITIES = "non-default capabilities"
ROLE = {"role": "r"}
SELINUX = "set forbidden securityContext.seLinuxOptions)"


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (of(one()), ""),
        (of(secured(capabilities={"add": ["CHOWN", "KILL"]})), ""),
        (
            of(secured(capabilities={"add": ["SYS_ADMIN", "CHOWN", "NET_ADMIN"]})),
            f'{CAPABILITIES} (container "a" must not include "NET_ADMIN", "SYS_ADMIN" in '
            "securityContext.capabilities.add)",
        ),
        (of(one(), hostNetwork=False), ""),
        (of(one(), hostNetwork=True), "host namespaces (hostNetwork=true)"),
        (of(one(), hostPID=True, hostIPC=True), "host namespaces (hostPID=true, hostIPC=true)"),
        (
            of(one(), volumes=[{"name": "v", "hostPath": {}}, {"name": "w", "hostPath": {}}]),
            'hostPath volumes (volumes "v", "w")',
        ),
        (of(one(ports=[{"containerPort": 80, "hostPort": 0}])), ""),
        (of(one(ports=[PORT])), 'hostPort (container "a" uses hostPort 8080)'),
        (
            of(one(ports=[PORT, {**PORT, "hostPort": 81}]), one("b", ports=[PORT])),
            'hostPort (containers "a", "b" use hostPorts 81, 8080)',
        ),
        (of(one(livenessProbe={"httpGet": {"host": "127.0.0.1"}})), ""),
        (of(one(readinessProbe={"tcpSocket": {}})), ""),
        (
            of(one(readinessProbe=ELSEWHERE)),
            'probe or lifecycle host (container "a" uses probe or lifecycle host "example.com")',
        ),
        (
            of(
                one(startupProbe=ELSEWHERE),
                one("b", lifecycle=HOOK),
            ),
            'probe or lifecycle host (containers "a", "b" use probe or lifecycle hosts "c", '
            '"example.com")',
        ),
        (of(secured(privileged=False)), ""),
        (
            of(secured(privileged=True)),
            'privileged (container "a" must not set securityContext.privileged=true)',
        ),
        (
            of(one(), initContainers=[secured("i", privileged=True)]),
            'privileged (container "i" must not set securityContext.privileged=true)',
        ),
        (of(secured(procMount="Default")), ""),
        (
            both(secured(procMount="Unmasked")),
            'procMount (containers "a", "b" must not set securityContext.procMount to "Unmasked")',
        ),
        (of(secured(seLinuxOptions={"type": "container_t", "level": "s0"})), ""),
        (
            of(secured(seLinuxOptions={"type": "spc_t"})),
            f'seLinuxOptions (container "a" {SELINUX}',
        ),
        (of(secured(seLinuxOptions={"user": "u"})), f'seLinuxOptions (container "a" {SELINUX}'),
        (
            of(one(), securityContext={"seLinuxOptions": {"role": "r"}}),
            f"seLinuxOptions (pod {SELINUX}",
        ),
        (
            of(
                secured(seLinuxOptions={"role": "r"}),
                securityContext={"seLinuxOptions": {"role": "r"}},
            ),
            f'seLinuxOptions (pod and container "a" {SELINUX}',
        ),
        (of(secured(seccompProfile={"type": "RuntimeDefault"})), ""),
        (
            of(secured(seccompProfile={"type": "Unconfined"})),
            'seccompProfile (container "a" must not set securityContext.seccompProfile.type to '
            '"Unconfined")',
        ),
        (
            of(one(), securityContext={"seccompProfile": {"type": "Unconfined"}}),
            'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
        ),
        (of(one(), securityContext={"sysctls": [{"name": "net.ipv4.tcp_wmem"}]}), ""),
        (
            of(one(), securityContext={"sysctls": [{"name": "z"}, {"name": "a"}]}),
            "forbidden sysctls (a, z)",
        ),
        (
            of(secured(windowsOptions={"hostProcess": True})),
            'hostProcess (container "a" must not set '
            "securityContext.windowsOptions.hostProcess=true)",
        ),
        (
            of(one(), securityContext={"windowsOptions": {"hostProcess": True}}),
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
        ),
        (
            of(secured(appArmorProfile={"type": "Unconfined"})),
            'forbidden AppArmor profile ("Unconfined")',
        ),
        (of(secured(appArmorProfile={"type": "Localhost"})), ""),
        (
            of(secured(privileged=True), hostPID=True),
            'host namespaces (hostPID=true), privileged (container "a" must not set '
            "securityContext.privileged=true)",
        ),
    ],
)
def test_baseline(spec, why):
    assert said("baseline", spec) == why
    assert said("privileged", spec) == ""


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        ("runtime/default", ""),
        ("localhost/mine", ""),
        ("", ""),
        ("unconfined", 'forbidden AppArmor profile ("unconfined")'),
    ],
)
def test_app_armor_by_annotation(profile, why):
    notes = {"container.apparmor.security.beta.kubernetes.io/a": profile, "other": "x"}
    assert said("baseline", of(one()), notes) == why


CAREFUL: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def careful(name: str = "a", **context: Any) -> Object:
    """A container that keeps to everything but for what is said; None takes it away."""
    found = {**CAREFUL, **context}
    return secured(name, **{key: value for key, value in found.items() if value is not None})


NON_ROOT = "runAsNonRoot != true"
LOCAL = {"type": "Localhost"}
DEFAULT = '"RuntimeDefault" or "Localhost"'
TYPE = "securityContext.seccompProfile.type to"


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (of(careful()), ""),
        (
            of(careful(allowPrivilegeEscalation=None)),
            'allowPrivilegeEscalation != false (container "a" must set '
            "securityContext.allowPrivilegeEscalation=false)",
        ),
        (
            of(careful(capabilities=None)),
            'unrestricted capabilities (container "a" must set '
            'securityContext.capabilities.drop=["ALL"])',
        ),
        (of(careful(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})), ""),
        (
            of(careful(capabilities={"drop": ["KILL"], "add": ["CHOWN"]})),
            'unrestricted capabilities (container "a" must set '
            'securityContext.capabilities.drop=["ALL"]; container "a" must not include "CHOWN" in '
            "securityContext.capabilities.add)",
        ),
        (of(careful(), volumes=[{"name": "v", "secret": {}}, {"name": "w", "emptyDir": {}}]), ""),
        (
            of(careful(), volumes=[{"name": "v", "hostPath": {}}]),
            'restricted volume types (volume "v" uses restricted volume type "hostPath")',
        ),
        (
            of(careful(), volumes=[{"name": "v", "nfs": {}}, {"name": "w", "iscsi": {}}]),
            'restricted volume types (volumes "v", "w" use restricted volume types "iscsi", "nfs")',
        ),
        (of(careful(runAsNonRoot=None), securityContext={"runAsNonRoot": True}), ""),
        (
            of(careful(runAsNonRoot=None), careful("b")),
            f'{NON_ROOT} (pod or container "a" must set securityContext.runAsNonRoot=true)',
        ),
        (
            of(careful(runAsNonRoot=False), securityContext={"runAsNonRoot": True}),
            f'{NON_ROOT} (container "a" must not set securityContext.runAsNonRoot=false)',
        ),
        (
            of(careful(runAsNonRoot=None), securityContext={"runAsNonRoot": False}),
            f"{NON_ROOT} (pod must not set securityContext.runAsNonRoot=false)",
        ),
        (of(careful(), securityContext={"runAsNonRoot": False}), ""),
        (of(careful(runAsUser=1)), ""),
        (of(careful(runAsUser=0)), 'runAsUser=0 (container "a" must not set runAsUser=0)'),
        (
            of(careful(), securityContext={"runAsUser": 0}),
            "runAsUser=0 (pod must not set runAsUser=0)",
        ),
        (
            of(
                careful(seccompProfile=None),
                securityContext={"seccompProfile": {"type": "Localhost"}},
            ),
            "",
        ),
        (
            of(careful(seccompProfile=None)),
            f'seccompProfile (pod or container "a" must set {TYPE} {DEFAULT})',
        ),
        (
            of(careful(seccompProfile={"type": "Unconfined"})),
            f'seccompProfile (container "a" must not set {TYPE} "Unconfined")',
        ),
        (
            of(careful(), securityContext={"seccompProfile": {"type": "Unconfined"}}),
            f'seccompProfile (pod must not set {TYPE} "Unconfined")',
        ),
        (of(careful(), hostIPC=True), "host namespaces (hostIPC=true)"),
    ],
)
def test_restricted(spec, why):
    assert said("restricted", spec) == why


PRIVILEGED = of(secured(privileged=True))
WHY = 'privileged (container "a" must not set securityContext.privileged=true)'


def test_templates_are_warned_of_only():
    made = deployment()
    made["spec"]["template"]["spec"] = PRIVILEGED
    made["metadata"]["namespace"] = "default"
    assert check(_store(enforce="baseline"), made, None) == []
    store = _store(warn="baseline", warn_version="v1.30")
    told = [f'would violate PodSecurity "baseline:v1.30": {WHY}']
    assert check(store, made, None) == told
    assert check(store, made, made) == [], "what stays as it is"
    assert check(store, pod("box", **PRIVILEGED), None) == told


def test_a_level_that_there_is_not_is_the_strictest():
    with pytest.raises(Denied, match='violates PodSecurity "restricted:latest"'):
        check(_store(enforce="lax"), pod("box"), None)


def space(**modes: str) -> Object:
    made = namespace("default")
    made["metadata"]["labels"] = {PREFIX + m.replace("_", "-"): v for m, v in modes.items()}
    return made


@pytest.mark.parametrize(
    ("modes", "text"),
    [
        ({"enforce": "baseline", "warn_version": "v1.30", "audit_version": "latest"}, ""),
        (
            {"enforce": "lax"},
            'enforce]: Invalid value: "lax": must be one of privileged, ',
        ),
        (
            {"warn_version": "1.30"},
            'warn-version]: Invalid value: "1.30": must be "latest" or',
        ),
        ({"warn_version": "v1.030"}, 'warn-version]: Invalid value: "v1.030": must be'),
        ({"audit": "x", "warn": "y"}, 'audit]: Invalid value: "x"'),
    ],
)
def test_labels_of_namespaces(modes, text):
    if not text:
        assert check(store_of(), space(**modes), None) == []
        return
    with pytest.raises(Invalid) as error:
        check(store_of(), space(**modes), None)
    assert f"metadata.labels[{PREFIX}{text}" in error.value.message
    assert ("is invalid: [" in error.value.message) == (len(modes) > 1)


def test_an_audit_log_is_not_kept():
    warned = [f"metadata.labels[{PREFIX}audit]: the pocket lab keeps no audit log"]
    assert check(store_of(), space(audit="baseline"), None) == warned
    assert check(store_of(), space(audit="baseline"), space(audit="baseline")) == []
    assert check(store_of(), space(audit="privileged"), None) == []


def test_pods_that_are_there_already():
    bad = [pod(name, **PRIVILEGED) for name in ("a", "b", "c")]
    store = store_of(*bad, pod("d", hostPID=True), pod("fine"))
    head = (
        'existing pods in namespace "default" violate the new PodSecurity enforce level '
        '"baseline:latest"'
    )
    wanted = [head, "a (and 2 other pods): privileged", "d: host namespaces"]
    assert check(store, space(enforce="baseline"), space()) == wanted
    assert check(store, space(enforce="baseline"), space(enforce="baseline")) == []
    assert check(store, space(enforce="baseline"), None) == [], "a new one has no pods"
    assert check(store_of(pod("fine")), space(enforce="baseline"), space()) == []
