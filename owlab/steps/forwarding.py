"""A port of this computer that leads to OpenWhisk through the cluster's API.

For clusters whose nodes cannot be reached from here, as those of most cloud providers. The process
goes on after the command; its number is kept with the lab.
"""

from __future__ import annotations

from collections.abc import Iterator

from owlab.command import Command
from owlab.lab import Lab
from owlab.language import N_
from owlab.steps.control import control

_STOP = (
    'cd "$WORK" && { [ ! -f forward.pid ] || kill "$(cat forward.pid)" 2> /dev/null || true; } &&\n'
    "rm -f forward.pid"
)


def start(lab: Lab) -> Iterator[Command]:
    """Forward the port, and again whenever the connection ends."""
    if not lab.config.cluster.forward:
        return
    settings = lab.config.openwhisk
    kubectl = control(lab).kubectl
    forward = (
        f"{kubectl} -n {settings.namespace} port-forward service/{settings.release}-nginx "
        f"{settings.port}:443"
    )
    yield Command(
        f"{_STOP}\n"
        "nohup sh -c '\n"
        '  trap "kill \\$!; exit" TERM\n'
        f"  while :; do {forward} & wait $!; sleep 1; done\n"
        "' > forward.log 2>&1 < /dev/null &\n"
        "echo $! > forward.pid\n"
        "for second in $(seq 20); do\n"
        "  ! grep -q Forwarding forward.log || exit 0; sleep 1\ndone\n"
        "cat forward.log >&2; exit 1",
        timeout=60,
        why=N_("no node can be reached from here: functions are called through the API"),
    )


def stop(lab: Lab) -> Iterator[Command]:
    """End the process."""
    if lab.config.cluster.forward:
        yield Command(_STOP)
