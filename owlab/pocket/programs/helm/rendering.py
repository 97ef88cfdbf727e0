"""helm template, lint and show: charts without a cluster."""

from __future__ import annotations

import posixpath
import re

from owlab.pocket.programs.helm.charts import CHART_FLAGS, locate, stage, with_dependencies
from owlab.pocket.programs.helm.commands import Arity, at_least, command, exactly, group
from owlab.pocket.programs.helm.files import exists, write_bytes
from owlab.pocket.programs.helm.invocation import HelmInvocation
from owlab.pocket.programs.helm.releasing import DEPLOY_FLAGS, options
from owlab.pocket.programs.helm.remote import HelmFailed
from owlab.pocket.programs.helm.values import VALUE_FLAGS, sources
from owlab.pocket.programs.pflag import Flag

_SOURCE = re.compile(r"^# Source: [^/\n]+/(\S+)", re.MULTILINE)


@command(
    "template",
    "[NAME] [CHART]",
    "locally render templates",
    at_least(1),
    (
        *(flag for flag in DEPLOY_FLAGS if flag.name != "output"),
        Flag("generate-name", "bool", short="g", help="generate the name (and omit NAME)"),
        Flag("name-template", help="specify the name of the release"),
        Flag("show-only", "words", short="s", help="only show manifests of the given templates"),
        Flag("skip-tests", "bool", help="skip tests from templated output"),
        Flag("include-crds", "bool", help="include CRDs in the templated output"),
        Flag("is-upgrade", "bool", help="refused: charts are rendered as installed"),
        Flag("validate", "bool", help="validate against the cluster that is configured"),
        Flag("kube-version", help="Kubernetes version used for Capabilities.KubeVersion"),
        Flag("api-versions", "words", short="a", help="versions used for Capabilities.APIVersions"),
        Flag("output-dir", help="write the templates to files in this directory"),
        Flag("release-name", "bool", help="use the release name in the output-dir path"),
    ),
)
async def template(helm: HelmInvocation) -> int:
    """What an installation would send."""
    words = helm.arguments
    if helm["is-upgrade"]:
        raise HelmFailed(
            "--is-upgrade is not part of the pocket lab: its engine renders a chart as it is "
            "installed; helm upgrade --dry-run=client shows an upgrade"
        )
    name, reference = (words[0], words[1]) if len(words) > 1 else ("release-name", words[0])
    chosen = await options(helm)
    if helm["kube-version"]:
        chosen["kube_version"] = helm["kube-version"]
    if helm["api-versions"]:
        chosen["api_versions"] = helm["api-versions"]
    rendered = await helm.engine(
        "template",
        chart=str(await with_dependencies(helm, reference)),
        name=helm["name-template"] or name,
        values=await sources(helm),
        options=chosen,
        crds=helm["include-crds"],
        cluster=helm.cluster() if helm["validate"] else None,
    )
    manifests = [f"---\n# Source: {crd['filename']}\n{crd['data']}\n" for crd in rendered["crds"]]
    manifests += [
        "---\n" + document.strip("\n") + "\n"
        for document in re.split(r"^---\n", rendered["manifest"], flags=re.MULTILINE)
        if document.strip()
    ]
    for hook in rendered["hooks"]:
        if not (helm["no-hooks"] or (helm["skip-tests"] and "test" in hook["events"])):
            manifests.append(f"---\n# Source: {hook['path']}\n{_unmarked(hook['manifest'])}\n")
    manifests = _only(manifests, helm["show-only"])
    if helm["output-dir"]:
        return await _write(helm, manifests, name)
    await helm.out("".join(manifests))
    return 0


def _unmarked(manifest: str) -> str:
    return re.sub(r"^# Source: .*\n", "", manifest)


def _only(manifests: list[str], wanted: list[str]) -> list[str]:
    if not wanted:
        return manifests
    chosen = []
    for pattern in wanted:
        name = posixpath.normpath(pattern)
        fitting = [text for text in manifests if (m := _SOURCE.search(text)) and m[1] == name]
        if not fitting:
            raise HelmFailed(f"could not find template {pattern} in chart")
        chosen += fitting
    return chosen


async def _write(helm: HelmInvocation, manifests: list[str], name: str) -> int:
    folder = posixpath.join(helm["output-dir"], name if helm["release-name"] else "")
    files: dict[str, str] = {}
    for text in manifests:
        source = re.search(r"^# Source: (\S+)", text, re.MULTILINE)
        path = posixpath.join(folder, source[1] if source else "manifest.yaml")
        if path not in files:
            await helm.out(f"wrote {path}\n")
        files[path] = files.get(path, "") + text
    for path, content in files.items():
        write_bytes(helm.call, path, content.encode())
    return 0


@command(
    "lint",
    "PATH",
    "examine a chart for possible issues",
    Arity(0, None),
    (
        *VALUE_FLAGS,
        Flag("strict", "bool", help="fail on lint warnings"),
        Flag("with-subcharts", "bool", help="lint dependent charts"),
        Flag("quiet", "bool", help="print only warnings and errors"),
        Flag("skip-schema-validation", "bool", help="disable JSON schema validation"),
        Flag("kube-version", help="Kubernetes version used for capabilities"),
    ),
)
async def lint(helm: HelmInvocation) -> int:
    """What is wrong with charts."""
    paths = helm.arguments or ["."]
    values = await sources(helm)
    chosen = {
        "strict": helm["strict"],
        "with_subcharts": helm["with-subcharts"],
        "quiet": helm["quiet"],
        "skip_schema_validation": helm["skip-schema-validation"],
        "kube_version": helm["kube-version"] or None,
    }
    failed = 0
    linted = 0
    for path in paths:
        linted += 1
        await helm.out(f"==> Linting {path}\n")
        if not exists(helm.call, path) or not exists(helm.call, f"{path}/Chart.yaml"):
            failed += 1
            await helm.out(
                f"Error unable to check Chart.yaml file in chart: stat {path}/Chart.yaml: "
                "no such file or directory\n\n"
            )
            continue
        staged = stage(helm, path)
        (report,) = await helm.engine("lint", charts=[str(staged)], values=values, options=chosen)
        names = {1: "INFO", 2: "WARNING", 3: "ERROR"}
        for message in report["messages"]:
            if helm["quiet"] and message["severity"] < 2:
                continue
            level = names.get(message["severity"], "UNKNOWN")
            await helm.out(f"[{level}] {message['path']}: {helm.users_words(message['error'])}\n")
        await helm.out("\n")
        failed += bool(report["errors"])
    summary = f"{linted} chart(s) linted, {failed} chart(s) failed"
    if failed:
        raise HelmFailed(summary)
    if not helm["quiet"]:
        await helm.out(f"{summary}\n")
    return 0


group("show", "show information of a chart", "inspect")


async def _show(helm: HelmInvocation, part: str) -> int:
    chart = locate(helm, helm.arguments[0])
    await helm.out(await helm.engine("show", chart=str(chart), part=part))
    return 0


@command("show all", "[CHART]", "show all information of the chart", exactly(1), CHART_FLAGS)
async def show_all(helm: HelmInvocation) -> int:
    """Definition, values and readme of a chart."""
    return await _show(helm, "all")


@command("show chart", "[CHART]", "show the chart's definition", exactly(1), CHART_FLAGS)
async def show_chart(helm: HelmInvocation) -> int:
    """Chart.yaml."""
    return await _show(helm, "chart")


@command("show values", "[CHART]", "show the chart's values", exactly(1), CHART_FLAGS)
async def show_values(helm: HelmInvocation) -> int:
    """values.yaml."""
    return await _show(helm, "values")


@command("show readme", "[CHART]", "show the chart's README", exactly(1), CHART_FLAGS)
async def show_readme(helm: HelmInvocation) -> int:
    """The README."""
    return await _show(helm, "readme")


@command("show crds", "[CHART]", "show the chart's CRDs", exactly(1), CHART_FLAGS)
async def show_crds(helm: HelmInvocation) -> int:
    """The custom resource definitions."""
    return await _show(helm, "crds")
