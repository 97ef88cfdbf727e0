"""helm uninstall and helm rollback."""

from __future__ import annotations

import re

from owlab.pocket.programs.helm.commands import at_least, command
from owlab.pocket.programs.helm.invocation import HelmInvocation
from owlab.pocket.programs.helm.releasing import (
    DRY_RUN,
    HISTORY_MAX,
    ROLLBACK_FLAGS,
    TIMEOUT,
    WAIT,
    dry_run,
    wait_strategy,
)
from owlab.pocket.programs.helm.remote import HelmFailed
from owlab.pocket.programs.pflag import Flag


@command(
    "uninstall",
    "RELEASE_NAME [...]",
    "uninstall a release",
    at_least(1),
    (
        TIMEOUT,
        WAIT,
        Flag("keep-history", "bool", help="mark the release as deleted, but retain its history"),
        Flag(
            "ignore-not-found", "bool", help='treat "release not found" as a successful uninstall'
        ),
        Flag("no-hooks", "bool", help="prevent hooks from running during uninstallation"),
        Flag("dry-run", "bool", help="simulate an uninstall"),
        Flag("cascade", default="background", help="background, orphan, or foreground"),
        Flag("description", help="add a custom description"),
    ),
    aliases=("del", "delete", "un"),
)
async def uninstall(helm: HelmInvocation) -> int:
    """Remove releases and what they made."""
    if helm["cascade"] not in ("background", "orphan", "foreground"):
        raise HelmFailed(
            f"invalid cascade value ({helm['cascade']}). "
            'Must be "background", "foreground", or "orphan"'
        )
    for name in helm.arguments:
        done = await helm.engine(
            "uninstall",
            cluster=helm.cluster(),
            name=name,
            options={
                "timeout_seconds": max(1, round(helm["timeout"])),
                "wait": await wait_strategy(helm),
                "keep_history": helm["keep-history"],
                "ignore_not_found": helm["ignore-not-found"],
                "disable_hooks": helm["no-hooks"],
                "dry_run": helm["dry-run"],
                "deletion_propagation": helm["cascade"],
                "description": helm["description"],
            },
        )
        if done and done.get("info"):
            await helm.out(f"{done['info'].rstrip()}\n")
        await helm.out(f'release "{name}" uninstalled\n')
    return 0


@command(
    "rollback",
    "<RELEASE> [REVISION]",
    "roll back a release to a previous revision",
    at_least(1),
    (
        TIMEOUT,
        WAIT,
        DRY_RUN,
        *(flag for flag in ROLLBACK_FLAGS if flag.name.startswith("force")),
        Flag("wait-for-jobs", "bool", help="with --wait, also wait until Jobs have completed"),
        Flag("no-hooks", "bool", help="prevent hooks from running during rollback"),
        Flag("cleanup-on-fail", "bool", help="delete new resources when the rollback fails"),
        HISTORY_MAX,
    ),
)
async def rollback(helm: HelmInvocation) -> int:
    """Go back to an earlier revision, as a new one."""
    name, *rest = helm.arguments
    revision = rest[0] if rest else "0"
    if not re.fullmatch(r"\d+", revision):
        raise HelmFailed(
            f'could not convert revision to a number: strconv.Atoi: parsing "{revision}": '
            "invalid syntax"
        )
    options = {
        "version": int(revision),
        "timeout_seconds": max(1, round(helm["timeout"])),
        "wait": await wait_strategy(helm),
        "wait_for_jobs": helm["wait-for-jobs"],
        "dry_run": await dry_run(helm),
        "disable_hooks": helm["no-hooks"],
        "force_replace": helm["force-replace"],
        "force_conflicts": helm["force-conflicts"],
        "cleanup_on_fail": helm["cleanup-on-fail"],
        "max_history": helm["history-max"],
    }
    await helm.engine("rollback", cluster=helm.cluster(), name=name, options=options)
    await helm.out("Rollback was a success! Happy Helming!\n")
    return 0
