"""helm install and helm upgrade."""

from __future__ import annotations

from typing import Any

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.programs.helm.charts import CHART_FLAGS, with_dependencies
from owlab.pocket.programs.helm.commands import at_least, command, exactly
from owlab.pocket.programs.helm.invocation import HelmInvocation
from owlab.pocket.programs.helm.remote import HelmFailed
from owlab.pocket.programs.helm.tables import formatted, status_text
from owlab.pocket.programs.helm.values import VALUE_FLAGS, sources
from owlab.pocket.programs.pflag import Flag, UsageError

OUTPUT = Flag(
    "output", default="table", short="o", help="output format. Allowed values: table, json, yaml"
)
TIMEOUT = Flag(
    "timeout", "duration", 300.0, help="time to wait for any individual Kubernetes operation"
)
WAIT = Flag(
    "wait",
    default="hookOnly",
    bare="watcher",
    help="wait until all resources are ready: watcher, legacy, or hookOnly to wait for hooks only",
)
DRY_RUN = Flag(
    "dry-run",
    default="none",
    bare="unset",
    help='simulate: "client" without the cluster, "server" with it',
)
ROLLBACK_FLAGS = (
    Flag("rollback-on-failure", "bool", help="undo everything when it fails; implies --wait"),
    Flag("atomic", "bool", becomes="rollback-on-failure"),
    Flag("force-replace", "bool", help="force resource updates by replacement"),
    Flag("force", "bool", becomes="force-replace"),
    Flag("force-conflicts", "bool", help="force changes against conflicts in server-side apply"),
)
HISTORY_MAX = Flag("history-max", "int", 10, help="maximum number of revisions saved per release")
DEPLOY_FLAGS = (
    OUTPUT,
    TIMEOUT,
    WAIT,
    DRY_RUN,
    *ROLLBACK_FLAGS,
    Flag("wait-for-jobs", "bool", help="with --wait, also wait until Jobs have completed"),
    Flag("create-namespace", "bool", help="create the release namespace if not present"),
    Flag("description", help="add a custom description"),
    Flag("labels", "words", short="l", help="labels of the release's metadata: key=value"),
    Flag("no-hooks", "bool", help="prevent hooks from running"),
    Flag("hide-notes", "bool", help="do not show notes in the output"),
    Flag("hide-secret", "bool", help="hide Kubernetes Secrets when also using --dry-run"),
    Flag("skip-crds", "bool", help="do not install CRDs"),
    Flag("skip-schema-validation", "bool", help="disable JSON schema validation"),
    Flag("render-subchart-notes", "bool", help="render subchart notes along with the parent"),
    Flag("disable-openapi-validation", "bool", help="do not validate against the OpenAPI schema"),
    Flag("enable-dns", "bool", help="enable DNS lookups when rendering templates"),
    Flag("take-ownership", "bool", help="take existing resources over"),
    *VALUE_FLAGS,
    Flag("dependency-update", "bool", help="update dependencies if they are missing"),
    *CHART_FLAGS,
)


async def wait_strategy(helm: HelmInvocation) -> str:
    """The strategy of ``--wait``; the boolean forms of Helm 3 are understood, with a warning."""
    text = helm["wait"]
    if text in ("watcher", "legacy", "hookOnly"):
        return str(text)
    if text in ("true", "false"):
        means = "watcher" if text == "true" else "hookOnly"
        await helm.warn(
            f'level=WARN msg="--wait={text} is deprecated (boolean value) and can be replaced with '
            f'--wait={means}"'
        )
        return means
    raise UsageError(
        f'invalid argument "{text}" for "--wait" flag: invalid wait input "{text}". '
        "Valid inputs are watcher, hookOnly, and legacy"
    )


async def dry_run(helm: HelmInvocation) -> str:
    """The strategy of ``--dry-run``: none, client or server."""
    text = helm["dry-run"]
    if text == "unset":
        await helm.warn(
            'level=WARN msg="--dry-run is deprecated and should be replaced with '
            "'--dry-run=client'\""
        )
        return "client"
    if text in ("true", "false"):
        means = "client" if text == "true" else "none"
        await helm.warn(
            f"level=WARN msg=\"boolean '--dry-run={text}' flag is deprecated and must be replaced "
            f"by '--dry-run={means}' flag\""
        )
        return means
    if text in ("none", "client", "server"):
        return str(text)
    raise UsageError(f'invalid dry-run value ("{text}"). Must be "none", "server", or "client"')


def _labels(helm: HelmInvocation) -> dict[str, str]:
    labels = {}
    for word in helm["labels"]:
        key, equals, value = word.partition("=")
        if not equals:
            raise UsageError(
                f'invalid argument "{word}" for "-l, --labels" flag: {word} must be formatted '
                "as key=value"
            )
        labels[key] = value
    return labels


async def options(helm: HelmInvocation) -> dict[str, Any]:
    """What install and upgrade tell the engine alike."""
    chosen = {
        "namespace": helm.namespace,
        "timeout_seconds": max(1, round(helm["timeout"])),
        "wait": await wait_strategy(helm),
        "dry_run": await dry_run(helm),
        "wait_for_jobs": helm["wait-for-jobs"],
        "rollback_on_failure": helm["rollback-on-failure"],
        "force_replace": helm["force-replace"],
        "force_conflicts": helm["force-conflicts"],
        "description": helm["description"],
        "labels": _labels(helm),
        "disable_hooks": helm["no-hooks"],
        "hide_notes": helm["hide-notes"],
        "hide_secret": helm["hide-secret"],
        "skip_crds": helm["skip-crds"],
        "skip_schema_validation": helm["skip-schema-validation"],
        "sub_notes": helm["render-subchart-notes"],
        "disable_openapi_validation": helm["disable-openapi-validation"],
        "enable_dns": helm["enable-dns"],
        "take_ownership": helm["take-ownership"],
    }
    if helm["force-replace"] and helm["force-conflicts"]:
        raise UsageError(
            "if any flags in the group [force-replace force-conflicts] are set none of the others "
            "can be; [force-conflicts force-replace] were all set"
        )
    if chosen["rollback_on_failure"] and chosen["wait"] == "hookOnly":
        chosen["wait"] = "watcher"
    return {key: value for key, value in chosen.items() if value not in ("", False, {})}


async def show(helm: HelmInvocation, release: dict[str, Any], dry: bool) -> int:
    """Print a release in the format asked for."""
    if helm.output == "table":
        await helm.out(status_text(release, notes=not helm["hide-notes"], dry_run=dry))
    else:
        await helm.out(formatted(release, helm.output))
    return 0


def _name_and_chart(helm: HelmInvocation) -> tuple[str, str]:
    words = helm.arguments
    if helm["generate-name"]:
        if len(words) > 1:
            raise HelmFailed("cannot set --generate-name and also specify a name")
        base = words[0].rstrip("/").rpartition("/")[2]
        base = base.removesuffix(".tgz").split(".")[0]
        return f"{base}-{int(unix_time())}", words[0]
    if len(words) > 2:
        extra = ", ".join(words[2:])
        raise HelmFailed(f"expected at most two arguments, unexpected arguments: {extra}")
    if helm["name-template"]:
        return str(helm["name-template"]), words[0]
    if len(words) < 2:
        raise HelmFailed("must either provide a name or specify --generate-name")
    return words[0], words[1]


@command(
    "install",
    "[NAME] [CHART]",
    "install a chart",
    at_least(1),
    (
        *DEPLOY_FLAGS,
        Flag("generate-name", "bool", short="g", help="generate the name (and omit NAME)"),
        Flag("name-template", help="specify the name of the release"),
        Flag("replace", "bool", help="reuse the name of a deleted release"),
        Flag("server-side", "bool", True, help="object updates run in the server"),
    ),
)
async def install(helm: HelmInvocation) -> int:
    """Make a release of a chart."""
    name, reference = _name_and_chart(helm)
    chosen = await options(helm)
    chart = await with_dependencies(helm, reference)
    dry = chosen.get("dry_run") in ("client", "server")
    if helm["create-namespace"]:
        chosen["create_namespace"] = True
    if helm["replace"]:
        chosen["replace"] = True
    if helm.given("server-side"):
        chosen["server_side_apply"] = str(helm["server-side"]).lower()
    release = await helm.engine(
        "install",
        cluster=None if chosen.get("dry_run") == "client" else helm.cluster(),
        chart=str(chart),
        name=name,
        values=await sources(helm),
        options=chosen,
    )
    return await show(helm, release, dry)


@command(
    "upgrade",
    "[RELEASE] [CHART]",
    "upgrade a release",
    exactly(2),
    (
        *DEPLOY_FLAGS,
        Flag("install", "bool", short="i", help="install if there is no release by this name"),
        Flag("reuse-values", "bool", help="reuse the last release's values and merge in any given"),
        Flag("reset-values", "bool", help="reset the values to the ones built into the chart"),
        Flag("reset-then-reuse-values", "bool", help="the chart's values, then the last release's"),
        HISTORY_MAX,
        Flag("cleanup-on-fail", "bool", help="delete new resources when the upgrade fails"),
        Flag("server-side", default="auto", help='must be "true", "false" or "auto"'),
    ),
)
async def upgrade(helm: HelmInvocation) -> int:
    """Make a new revision of a release."""
    name, reference = helm.arguments
    chosen = await options(helm)
    chart = await with_dependencies(helm, reference)
    for flag in ("reuse-values", "reset-values", "reset-then-reuse-values", "cleanup-on-fail"):
        if helm[flag]:
            chosen[flag.replace("-", "_")] = True
    chosen["max_history"] = helm["history-max"]
    if helm.given("server-side"):
        chosen["server_side_apply"] = helm["server-side"]
    try:
        release = await helm.engine(
            "upgrade",
            cluster=helm.cluster(),
            chart=str(chart),
            name=name,
            values=await sources(helm),
            options=chosen,
            install=helm["install"],
            create_namespace=helm["create-namespace"],
        )
    except HelmFailed as problem:
        prefix = "" if helm.installing else "UPGRADE FAILED: "
        await _say_installing(helm, name)
        raise HelmFailed(prefix + str(problem), problem.kind) from None
    await _say_installing(helm, name)
    if helm.output == "table" and not helm.installing:
        await helm.out(f'Release "{name}" has been upgraded. Happy Helming!\n')
    return await show(helm, release, chosen.get("dry_run") in ("client", "server"))


async def _say_installing(helm: HelmInvocation, name: str) -> None:
    if helm.installing and helm.output == "table":
        await helm.out(f'Release "{name}" does not exist. Installing it now.\n')
