"""helm list, status, history, get, version and env: nothing here changes anything."""

from __future__ import annotations

import functools
import importlib.util
import posixpath
import re
from pathlib import Path
from typing import Any

from owlab.pocket.programs.helm.commands import Arity, command, exactly, group
from owlab.pocket.programs.helm.environment import (
    cache_home,
    config_home,
    data_home,
    with_defaults,
)
from owlab.pocket.programs.helm.invocation import HelmInvocation
from owlab.pocket.programs.helm.releasing import HISTORY_MAX, OUTPUT
from owlab.pocket.programs.helm.repository import Repositories
from owlab.pocket.programs.helm.resources import resources
from owlab.pocket.programs.helm.tables import (
    ansic,
    as_json,
    as_yaml,
    formatted,
    long_time,
    status_text,
    table,
)
from owlab.pocket.programs.pflag import Flag

REVISION = Flag("revision", "int", 0, help="get the named release with revision")
STATES = ("deployed", "failed", "pending", "superseded", "uninstalled", "uninstalling")


@command(
    "list",
    "",
    "list releases",
    flags=(
        OUTPUT,
        Flag("all-namespaces", "bool", short="A", help="list releases across all namespaces"),
        Flag("all", "bool", short="a", help="show all releases (the default)"),
        Flag("short", "bool", short="q", help="output short (quiet) listing format"),
        Flag("no-headers", "bool", help="don't print headers"),
        Flag("date", "bool", short="d", help="sort by release date"),
        Flag("reverse", "bool", short="r", help="reverse the sort order"),
        Flag("filter", short="f", help="a regular expression that names must match"),
        Flag("selector", short="l", help="label query to filter on"),
        Flag("max", "int", 256, short="m", help="maximum number of releases to fetch"),
        Flag("offset", "int", 0, help="next release index in the list"),
        *(Flag(state, "bool", help=f"show only {state} releases") for state in STATES),
    ),
    aliases=("ls",),
)
async def list_releases(helm: HelmInvocation) -> int:
    """The releases of a namespace, or of all."""
    options: dict[str, Any] = {"limit": helm["max"], "offset": helm["offset"]}
    for flag, key in (("date", "by_date"), ("reverse", "sort_reverse")):
        options[key] = helm[flag]
    for flag in ("filter", "selector", *STATES):
        if helm[flag]:
            options[flag] = helm[flag]
    options["all"] = not any(helm[state] for state in STATES)
    if helm["all-namespaces"]:
        options["all_namespaces"] = True
    found = await helm.engine("list", cluster=helm.cluster(), options=options)
    if helm["short"]:
        names = [release["name"] for release in found]
        shown = "".join(f"{name}\n" for name in names)
        await helm.out(shown if helm.output == "table" else formatted(names, helm.output))
        return 0
    rows = [
        {
            "name": release["name"],
            "namespace": release["namespace"],
            "revision": str(release["revision"]),
            "updated": long_time(release.get("deployed_at") or "") or "-",
            "status": release["status"],
            "chart": f"{release['chart_name']}-{release['chart_version']}",
            "app_version": release.get("app_version") or "",
        }
        for release in found
    ]
    if helm.output != "table":
        await helm.out(formatted(rows, helm.output))
        return 0
    header = ("NAME", "NAMESPACE", "REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION")
    cells = [tuple(row.values()) for row in rows]
    text = table(header, cells)
    await helm.out(text.partition("\n")[2] if helm["no-headers"] else text)
    return 0


async def _release(helm: HelmInvocation) -> dict[str, Any]:
    release: dict[str, Any] = await helm.engine(
        "get", cluster=helm.cluster(), name=helm.arguments[0], revision=helm["revision"]
    )
    return release


@command(
    "status",
    "RELEASE_NAME",
    "display the status of the named release",
    exactly(1),
    (OUTPUT, REVISION),
)
async def status(helm: HelmInvocation) -> int:
    """What a release is, and in which state."""
    cluster = helm.cluster()
    release: dict[str, Any] = await helm.engine(
        "get", cluster=cluster, name=helm.arguments[0], revision=helm["revision"]
    )
    if helm.output == "table":
        release["info"]["resources_table"] = await resources(
            cluster, release["manifest"], release["namespace"]
        )
        await helm.out(status_text(release))
    else:
        release.pop("chart", None)
        await helm.out(formatted(release, helm.output))
    return 0


@command(
    "history",
    "RELEASE_NAME",
    "fetch release history",
    exactly(1),
    (OUTPUT, Flag("max", "int", 256, help="maximum number of revisions to include in history")),
    aliases=("hist",),
)
async def history(helm: HelmInvocation) -> int:
    """The revisions of a release."""
    found = await helm.engine(
        "history", cluster=helm.cluster(), name=helm.arguments[0], max=helm["max"]
    )
    rows = [
        {
            "revision": release["revision"],
            "updated": release.get("deployed_at") or "",
            "status": release["status"],
            "chart": f"{release['chart_name']}-{release['chart_version']}",
            "app_version": release.get("app_version") or "",
            "description": release.get("description") or "",
        }
        for release in found
    ]
    if helm.output != "table":
        await helm.out(formatted(rows, helm.output))
        return 0
    header = ("REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", "DESCRIPTION")
    cells = [tuple({**row, "updated": ansic(row["updated"])}.values()) for row in rows]
    await helm.out(table(header, cells))
    return 0


group("get", "download extended information of a named release")


@command("get all", "RELEASE_NAME", "download all information", exactly(1), (REVISION,))
async def get_all(helm: HelmInvocation) -> int:
    """Everything that is stored about a release."""
    release = await _release(helm)
    chart = release["chart"]
    computed = await helm.engine(
        "values",
        cluster=helm.cluster(),
        name=helm.arguments[0],
        revision=helm["revision"],
        all=True,
    )
    head, _, notes = status_text(release).partition("NOTES:\n")
    lines = head.splitlines(keepends=True)
    about = (
        f"CHART: {chart['name']}\nVERSION: {chart['version']}\nAPP_VERSION: {chart['appVersion']}\n"
    )
    at = next(n for n, line in enumerate(lines) if line.startswith("REVISION: ")) + 1
    await helm.out("".join([*lines[:at], about, *lines[at:]]))
    await helm.out(f"USER-SUPPLIED VALUES:\n{as_yaml(release['config'] or None)}\n")
    await helm.out(f"COMPUTED VALUES:\n{as_yaml(computed)}\n")
    await helm.out("HOOKS:\n" + _hooks(release) + f"MANIFEST:\n{release['manifest']}\n")
    if notes:
        await helm.out(f"NOTES:\n{notes}")
    return 0


def _hooks(release: dict[str, Any]) -> str:
    return "".join(
        f"---\n# Source: {hook.get('path', '')}\n{hook.get('manifest', '')}\n"
        for hook in release["hooks"]
    )


@command(
    "get values",
    "RELEASE_NAME",
    "download the values file for a named release",
    exactly(1),
    (OUTPUT, REVISION, Flag("all", "bool", short="a", help="dump all (computed) values")),
)
async def get_values(helm: HelmInvocation) -> int:
    """What was set, or with ``-a`` everything that results."""
    values = await helm.engine(
        "values",
        cluster=helm.cluster(),
        name=helm.arguments[0],
        revision=helm["revision"],
        all=helm["all"],
    )
    if helm.output == "table":
        title = "COMPUTED VALUES:" if helm["all"] else "USER-SUPPLIED VALUES:"
        await helm.out(f"{title}\n{as_yaml(values or None)}")
    else:
        await helm.out(formatted(values or None, helm.output))
    return 0


@command("get manifest", "RELEASE_NAME", "download the manifest", exactly(1), (REVISION,))
async def get_manifest(helm: HelmInvocation) -> int:
    """The objects of a release."""
    await helm.out((await _release(helm))["manifest"] + "\n")
    return 0


@command("get notes", "RELEASE_NAME", "download the notes", exactly(1), (REVISION,))
async def get_notes(helm: HelmInvocation) -> int:
    """The chart's notes."""
    notes = (await _release(helm))["info"]["notes"]
    await helm.out(f"NOTES:\n{notes}\n" if notes else "")
    return 0


@command("get hooks", "RELEASE_NAME", "download all hooks", exactly(1), (REVISION,))
async def get_hooks(helm: HelmInvocation) -> int:
    """The hooks of a release."""
    await helm.out(_hooks(await _release(helm)))
    return 0


@command("get metadata", "RELEASE_NAME", "fetch metadata", exactly(1), (OUTPUT, REVISION))
async def get_metadata(helm: HelmInvocation) -> int:
    """Names and versions of a release."""
    release = await _release(helm)
    chart = release["chart"]
    shown = {
        "name": release["name"],
        "chart": chart["name"],
        "version": chart["version"],
        "appVersion": chart["appVersion"],
        "namespace": release["namespace"],
        "revision": release["version"],
        "status": release["info"]["status"],
        "deployedAt": release["info"].get("last_deployed", ""),
    }
    if helm.output != "table":
        await helm.out(formatted(shown, helm.output))
        return 0
    titles = {"appVersion": "APP_VERSION", "deployedAt": "DEPLOYED_AT"}
    for key, value in shown.items():
        await helm.out(f"{titles.get(key, key.upper())}: {value}\n")
    return 0


@functools.cache
def _declared() -> str:
    """The engine's version, from the text of the library, which loads no engine of another one.

    To load the engine takes a tenth of a second.
    """
    spec = importlib.util.find_spec("helm_python")
    if spec is None or spec.origin is None:
        return ""
    text = Path(spec.origin).with_name("_native.py").read_text("utf-8")
    found = re.search(r'^EXPECTED_HELM_SDK_VERSION\b.*"(v[\d.]+)"', text, re.MULTILINE)
    return found[1] if found else ""


@command(
    "version",
    "",
    "print the helm version information",
    flags=(
        Flag("short", "bool", help="print the version number"),
        Flag("client", "bool", short="c", help="ignored"),
        Flag("template", help="template for version string format"),
    ),
)
async def version(helm: HelmInvocation) -> int:
    """The engine's version, which also says whose command line this is."""
    number = _declared() or await helm.engine("version", namespace="default")
    if helm["template"]:
        await helm.out(helm["template"].replace("{{.Version}}", number))
    elif helm["short"]:
        await helm.out(f"{number}+owlab.pocket\n")
    else:
        await helm.out(
            f'version.BuildInfo{{Version:"{number}", GitCommit:"owlab.pocket", '
            'GitTreeState:"", GoVersion:"", KubeClientVersion:""}\n'
        )
    return 0


@command("env", "[NAME]", "helm client environment information", Arity(0, 1))
async def env(helm: HelmInvocation) -> int:
    """Where Helm keeps what, and what it would use; of one name the value alone."""
    shown = _variables(helm)
    if helm.arguments:
        await helm.out(f"{shown.get(helm.arguments[0], '')}\n")
        return 0
    await helm.out("".join(f"{name}={as_json(str(value))}" for name, value in shown.items()))
    return 0


def _variables(helm: HelmInvocation) -> dict[str, object]:
    call, known = helm.call, Repositories.of(helm)
    plugins = call.env.get("HELM_PLUGINS") or posixpath.join(data_home(call), "plugins")
    registries = helm["registry-config"] or call.env.get("HELM_REGISTRY_CONFIG")
    shown = {
        "HELM_BIN": "helm",
        "HELM_BURST_LIMIT": helm["burst-limit"],
        "HELM_CACHE_HOME": cache_home(call),
        "HELM_CONFIG_HOME": config_home(call),
        "HELM_DATA_HOME": data_home(call),
        "HELM_DEBUG": str(helm["debug"]).lower(),
        "HELM_KUBEAPISERVER": helm["kube-apiserver"],
        "HELM_KUBEASGROUPS": ",".join(helm["kube-as-group"]),
        "HELM_KUBEASUSER": helm["kube-as-user"],
        "HELM_KUBECAFILE": helm["kube-ca-file"],
        "HELM_KUBECONTEXT": helm["kube-context"],
        "HELM_KUBEINSECURE_SKIP_TLS_VERIFY": str(helm["kube-insecure-skip-tls-verify"]).lower(),
        "HELM_KUBETLS_SERVER_NAME": helm["kube-tls-server-name"],
        "HELM_KUBETOKEN": helm["kube-token"],
        "HELM_MAX_HISTORY": with_defaults((HISTORY_MAX,), call.env)[0].default,
        "HELM_NAMESPACE": helm.namespace,
        "HELM_PLUGINS": plugins,
        "HELM_QPS": f"{helm['qps']:.2f}",
        "HELM_REGISTRY_CONFIG": registries
        or posixpath.join(config_home(call), "registry", "config.json"),
        "HELM_REPOSITORY_CACHE": known.cache,
        "HELM_REPOSITORY_CONFIG": known.config,
    }
    return shown | ({"KUBECONFIG": helm["kubeconfig"]} if helm["kubeconfig"] else {})
