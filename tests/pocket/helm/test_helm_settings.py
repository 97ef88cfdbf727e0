"""What Helm is told by flags and by its environment: obeyed, or refused by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import owlab.pocket.programs.helm as package
from owlab.pocket.programs.helm.absent import HARMLESS, REFUSED
from owlab.pocket.programs.helm.commands import COMMANDS
from owlab.pocket.programs.helm.invocation import GLOBALS

from .conftest import Shell

CHART = "openwhisk-deploy-kube/helm/openwhisk"
FLAGS_OF = Path(package.__path__[0])
SOURCE = "\n".join(path.read_text() for path in FLAGS_OF.glob("*.py"))


def test_every_flag_is_read_or_has_its_reason() -> None:
    flags = {flag for entry in COMMANDS.values() for flag in entry.flags} | set(GLOBALS)
    names = {flag.name for flag in flags if not flag.becomes}
    declared = re.compile(r'Flag\(\s*"[^"]+"')
    used = declared.sub("", SOURCE.replace((FLAGS_OF / "absent.py").read_text(), ""))
    passed_over = {name for name in names if f'"{name}"' not in used}
    assert passed_over <= REFUSED.keys() | HARMLESS.keys()
    assert names >= REFUSED.keys() | HARMLESS.keys()
    assert all((*REFUSED.values(), *HARMLESS.values()))


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (f"install x {CHART} --verify", "--verify is not part of the pocket lab: its charts are"),
        (f"template {CHART} --keyring k", "--keyring is not part of the pocket lab: its charts"),
        ("pull a/b --prov", "--prov is not part of the pocket lab: its charts are not signed"),
        ("repo add a http://x --ca-file c", "--ca-file is not part of the pocket lab: the servers"),
        ("repo add a http://x --cert-file c", "--cert-file is not part of the pocket lab: the"),
        ("show values a/b --key-file c", "--key-file is not part of the pocket lab: the servers"),
        ("list --qps fast", 'invalid argument "fast" for "--qps" flag: strconv.ParseFloat: '),
        ("env --qps 1e", 'invalid argument "1e" for "--qps" flag: strconv.ParseFloat: parsing'),
        ("env --burst-limit 1.5", 'invalid argument "1.5" for "--burst-limit" flag: strconv.Pa'),
        ("env --color blue", 'invalid color mode "blue": must be one of: never, auto, always\n'),
        ("env --colour blue", 'invalid color mode "blue": must be one of: never, auto, always\n'),
        ("show values a/b --dependency-update", "unknown flag: --dependency-update\n"),
    ],
)
def test_refused(shell: Shell, line: str, error: str) -> None:
    ran = shell(f"helm {line}")
    assert ran.status == 1
    assert f"Error: {error}" in ran.err


def test_the_driver_of_releases(shell: Shell) -> None:
    refused = shell("HELM_DRIVER=configmap helm list")
    assert refused.err == (
        "Error: HELM_DRIVER=configmap is not part of the pocket lab: releases are kept in Secrets\n"
    )
    assert refused.status == 1
    for driver in ("", "secret", "secrets"):
        assert shell(f"HELM_DRIVER={driver} helm env").status == 0


def environment(shell: Shell, before: str = "", flags: str = "") -> dict[str, str]:
    ran = shell(f"{before} helm env {flags}")
    assert (ran.status, ran.err) == (0, "")
    pairs = (line.partition("=") for line in ran.out.splitlines())
    return {name: yaml.safe_load(value) for name, _, value in pairs}


USUAL = {
    "HELM_BIN": "helm",
    "HELM_BURST_LIMIT": "100",
    "HELM_CACHE_HOME": "/home/ubuntu/.cache/helm",
    "HELM_CONFIG_HOME": "/home/ubuntu/.config/helm",
    "HELM_DATA_HOME": "/home/ubuntu/.local/share/helm",
    "HELM_DEBUG": "false",
    "HELM_KUBEAPISERVER": "",
    "HELM_KUBEASGROUPS": "",
    "HELM_KUBEASUSER": "",
    "HELM_KUBECAFILE": "",
    "HELM_KUBECONTEXT": "",
    "HELM_KUBEINSECURE_SKIP_TLS_VERIFY": "false",
    "HELM_KUBETLS_SERVER_NAME": "",
    "HELM_KUBETOKEN": "",
    "HELM_MAX_HISTORY": "10",
    "HELM_NAMESPACE": "default",
    "HELM_PLUGINS": "/home/ubuntu/.local/share/helm/plugins",
    "HELM_QPS": "0.00",
    "HELM_REGISTRY_CONFIG": "/home/ubuntu/.config/helm/registry/config.json",
    "HELM_REPOSITORY_CACHE": "/home/ubuntu/.cache/helm/repository",
    "HELM_REPOSITORY_CONFIG": "/home/ubuntu/.config/helm/repositories.yaml",
}


def test_what_helm_would_use(shell: Shell) -> None:
    assert environment(shell) == USUAL
    assert list(USUAL) == sorted(USUAL)


@pytest.mark.parametrize(
    ("before", "flags", "changed"),
    [
        ("HELM_BURST_LIMIT=7", "", {"HELM_BURST_LIMIT": "7"}),
        ("HELM_BURST_LIMIT=7", "--burst-limit 8", {"HELM_BURST_LIMIT": "8"}),
        ("HELM_BURST_LIMIT=many", "", {}),
        ("HELM_QPS=60.345", "", {"HELM_QPS": "60.34"}),
        ("HELM_QPS=.5", "--qps=70", {"HELM_QPS": "70.00"}),
        ("HELM_DEBUG=1", "", {"HELM_DEBUG": "true"}),
        ("HELM_DEBUG=true", "--debug=false", {}),
        ("HELM_DEBUG=perhaps", "", {}),
        ("HELM_KUBEASGROUPS=,,a,b,", "", {"HELM_KUBEASGROUPS": "a,b"}),
        ("HELM_KUBEASGROUPS=,", "--kube-as-group=c", {"HELM_KUBEASGROUPS": "c"}),
        ("HELM_KUBEASUSER=u", "", {"HELM_KUBEASUSER": "u"}),
        ("HELM_KUBECONTEXT=c", "--kube-context d", {"HELM_KUBECONTEXT": "d"}),
        ("HELM_KUBEAPISERVER=s HELM_KUBECAFILE=f", "", {
            "HELM_KUBEAPISERVER": "s", "HELM_KUBECAFILE": "f",
        }),
        ("HELM_KUBETOKEN=t HELM_KUBETLS_SERVER_NAME=n", "", {
            "HELM_KUBETOKEN": "t", "HELM_KUBETLS_SERVER_NAME": "n",
        }),
        ("HELM_KUBEINSECURE_SKIP_TLS_VERIFY=t", "", {"HELM_KUBEINSECURE_SKIP_TLS_VERIFY": "true"}),
        ("HELM_MAX_HISTORY=3", "", {"HELM_MAX_HISTORY": "3"}),
        ("HELM_NAMESPACE=n", "", {"HELM_NAMESPACE": "n"}),
        ("HELM_NAMESPACE=n", "-n m", {"HELM_NAMESPACE": "m"}),
        ("HELM_PLUGINS=/p", "", {"HELM_PLUGINS": "/p"}),
        ("HELM_DATA_HOME=/d", "", {"HELM_DATA_HOME": "/d", "HELM_PLUGINS": "/d/plugins"}),
        ("XDG_CACHE_HOME=/c", "", {
            "HELM_CACHE_HOME": "/c/helm", "HELM_REPOSITORY_CACHE": "/c/helm/repository",
        }),
        ("XDG_CONFIG_HOME=/x HELM_CONFIG_HOME=/c", "", {
            "HELM_CONFIG_HOME": "/c", "HELM_REPOSITORY_CONFIG": "/c/repositories.yaml",
            "HELM_REGISTRY_CONFIG": "/c/registry/config.json",
        }),
        ("HELM_REGISTRY_CONFIG=/r", "", {"HELM_REGISTRY_CONFIG": "/r"}),
        ("HELM_REGISTRY_CONFIG=/r", "--registry-config=/s", {"HELM_REGISTRY_CONFIG": "/s"}),
        ("HELM_REPOSITORY_CACHE=/r", "", {"HELM_REPOSITORY_CACHE": "/r"}),
        ("", "--repository-config=/s", {"HELM_REPOSITORY_CONFIG": "/s"}),
        ("", "--kubeconfig=k", {"KUBECONFIG": "k"}),
    ],
)  # fmt: skip
def test_the_environment_is_the_default_of_a_flag(
    shell: Shell, before: str, flags: str, changed: dict[str, str]
) -> None:
    shell("echo '{}' > k")
    assert environment(shell, before, flags) == USUAL | changed


def test_a_context_and_a_colour_from_the_environment(shell: Shell) -> None:
    context = "{name: one, context: {cluster: one}}"
    server = "{name: one, cluster: {server: http://localhost:1}}"
    shell(f"mkdir .kube; echo '{{contexts: [{context}], clusters: [{server}]}}' > .kube/config")
    assert 'context "gone" does not exist' in shell("HELM_KUBECONTEXT=gone helm list").err
    warned = shell("HELM_COLOR=always helm env HELM_BIN")
    assert warned.err == "helm: the pocket lab's helm prints no colours\n"
    assert shell("NO_COLOR=1 helm env HELM_BIN --color always").err == ""
    assert "invalid color mode" in shell("HELM_COLOR=mauve helm env").err


def test_help_shows_defaults_as_go_does(shell: Shell) -> None:
    assert "object updates run in the server (default true)\n" in shell("helm install -h").out
    assert "--qps float32 " in shell("helm install -h").out
    assert "\n  list        list the dependencies\n" in shell("helm dependency -h").out


def test_dependencies_that_are_asked_for_cannot_be_had(shell: Shell) -> None:
    shell(
        "helm create a; rm -r a/templates/*; cp -r a b; echo 'dependencies: "
        '[{name: x, version: 1.0.0, repository: "https://example.org"}]\' >> b/Chart.yaml'
    )
    error = "Error: chart dependencies are not on the pocket lab's map of the internet\n"
    for line in ("package -u b", "template b --dependency-update", "dependency update b"):
        ran = shell(f"helm {line}")
        assert (ran.status, ran.err) == (1, error), line
    for line in ("package -u a", "template a --dependency-update", "dependency build a"):
        assert shell(f"helm {line}").status == 0, line
