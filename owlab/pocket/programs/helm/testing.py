"""helm test."""

from __future__ import annotations

import re
from typing import Any

from owlab.pocket.programs.helm.commands import command, exactly
from owlab.pocket.programs.helm.invocation import HelmInvocation
from owlab.pocket.programs.helm.releasing import TIMEOUT
from owlab.pocket.programs.helm.remote import HelmFailed
from owlab.pocket.programs.helm.resources import pod_logs
from owlab.pocket.programs.helm.tables import status_text
from owlab.pocket.programs.pflag import Flag

_NOT_NAME = re.compile(r"^!\s?name=")


@command(
    "test",
    "[RELEASE]",
    "run tests for a release",
    exactly(1),
    (
        TIMEOUT,
        Flag("logs", "bool", help="dump the logs from test pods"),
        Flag("filter", "words", help="choose tests: name=test1,name=test2 or !name=test3"),
        Flag("hide-notes", "bool", help="ignored: notes are not shown"),
    ),
)
async def test(helm: HelmInvocation) -> int:
    """Run the chart's tests in the cluster, and say how they went."""
    words = helm["filter"]
    options = {
        "timeout_seconds": max(1, round(helm["timeout"])),
        "logs": helm["logs"],
        "include_names": [word[5:] for word in words if word.startswith("name=")],
        "exclude_names": [_NOT_NAME.sub("", word) for word in words if _NOT_NAME.match(word)],
    }
    cluster = helm.cluster()
    done = await helm.engine("test", cluster=cluster, name=helm.arguments[0], options=options)
    release = done["release"]
    await helm.out(status_text(release, notes=False))
    if helm["logs"]:
        # The library keeps the logs to itself when a test fails.
        logs = done["logs"] or await pod_logs(cluster, release["namespace"], _test_pods(release))
        await helm.out("\n" + logs.rstrip("\n") + "\n\n")
    if done["failure"]:
        raise HelmFailed(done["failure"])
    return 0


def _test_pods(release: dict[str, Any]) -> list[str]:
    """The names of the release's test pods."""
    hooks = release["hooks"]
    return [h["name"] for h in hooks if "test" in h["events"] and h["kind"] == "Pod"]
