"""Which processes a container sees: its own, or those of all whose namespace it shares."""

from __future__ import annotations

import re
from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers import known
from owlab.pocket.kube.containers.identity import identity

_STEP = 6  # what lies between two numbers of processes


@dataclass(frozen=True, slots=True)
class SeenProcess:
    """The first process of a container, as ``ps`` shows it in another or the same."""

    number: int
    user: str
    command: str
    container: Object | None
    """None is the pod's own pause."""


def seen(pod: Object, container: Object) -> list[SeenProcess]:
    """By number. A container that debugs another one sees it as its process 1."""
    spec = pod["spec"]
    everyone = [*spec["containers"], *(spec.get("ephemeralContainers") or ())]
    target = container.get("targetContainerName")
    if spec.get("shareProcessNamespace"):
        pause = SeenProcess(1, "65535", "/pause", None)
        return [pause, *_numbered(pod, everyone, 1 + _STEP)]
    if target:
        return _numbered(pod, [*(c for c in everyone if c["name"] == target), container], 1)
    return _numbered(pod, [container], 1)


def _numbered(pod: Object, containers: list[Object], first: int) -> list[SeenProcess]:
    return [
        SeenProcess(first + _STEP * place, identity(pod, one).user, first_process(one), one)
        for place, one in enumerate(containers)
    ]


def first_process(container: Object) -> str:
    """The command line of the container's first process."""
    image = known.known(container)
    words = image.words(container) if image is not None else ["sh"]
    if len(words) == 3 and words[1] == "-c" and not re.search(r"[;&|<>$`\n]", words[2]):
        return words[2]  # a shell with one command to run becomes it
    return " ".join(words)
