"""What an incident is: a fault that is put in, a story, and how one sees that it is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from owlab.command import Command
from owlab.lab import Lab
from owlab.language import _
from owlab.step import Check, Evidence
from owlab.steps import openwhisk as openwhisk_steps
from owlab.steps.control import control
from owlab.steps.kubernetes import one

CommandsOf = Callable[[Lab], Iterator[Command]]
CheckOf = Callable[[Lab], Check]

_ADVICE = "Run 'wsk --help'"
"""wsk says that after each error: the error itself stands before it."""

NAMESPACE = "incident"
"""Where applications live that only an incident brings."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One fault.

    :param name: says nothing about the cause.
    :param level: 1 to 3.
    :param minutes: what it takes somebody who learns.
    :param story: what a colleague tells: symptoms only.
    :param breaks: the commands that put the fault in. They are never shown.
    :param symptom: what is healthy again when it is mended, in the words of the story.
    :param cause: whether the fault itself is gone.
    :param hints: from "where to look" to "what it is".
    :param mends: the commands of one good repair.
    :param why: the explanation afterwards: what happened, how one finds it, where it comes from.
    """

    name: str
    level: int
    minutes: int
    story: str
    breaks: CommandsOf
    symptom: CheckOf
    cause: CheckOf
    hints: tuple[str, ...]
    mends: CommandsOf
    why: str


def kubectl(lab: Lab, words: str, timeout: float = 120) -> Command:
    """A line of kubectl, typed where the lab's cluster is controlled."""
    here = control(lab)
    return Command(f"{here.kubectl} {words}", on=here.machine, timeout=timeout)


def apply(lab: Lab, manifest: str) -> Command:
    """Objects from a text."""
    return kubectl(lab, f"apply -f - <<'EOF'\n{manifest.strip()}\nEOF")


def openwhisk(lab: Lab, words: str) -> Command:
    """The same in OpenWhisk's namespace."""
    return kubectl(lab, f"-n {lab.config.openwhisk.namespace} {words}")


def openwhisk_chart(lab: Lab, options: str) -> Command:
    """An upgrade of the release with the chart of section 6.4."""
    settings, here = lab.config.openwhisk, control(lab)
    return Command(
        f"cd {here.home}/{openwhisk_steps.CHART_DIRECTORY} &&\n{here.helm} upgrade "
        f"{settings.release} ./helm/openwhisk -n {settings.namespace} {options}",
        on=here.machine,
        timeout=300,
    )


def seen(what: str, ok: bool, said: str = "") -> Check:
    """A check of one thing."""
    return Check((Evidence(what, ok, said),))


def runs(lab: Lab, app: str) -> Check:
    """An application of the incidents has a pod that is ready."""
    found = one(lab, f"deployment {app} -n {NAMESPACE}")
    ready = found["status"].get("readyReplicas", 0) if found else 0
    return seen(
        _("the application {app} runs").format(app=app),
        ready >= 1,
        _("{ready} pods ready").format(ready=ready),
    )


def answers(lab: Lab, what: str, command: Command, wanted: str = "") -> Check:
    """A command succeeds, and prints what is wanted."""
    result = lab.read(command)
    said = (result.stdout + result.stderr).strip().splitlines()
    lines = [line for line in said if not line.startswith(_ADVICE)]
    ok = bool(result) and wanted in result.stdout
    return seen(
        what,
        ok,
        lines[-1] if lines else _("exit status {exit_code}").format(exit_code=result.exit_code),
    )
