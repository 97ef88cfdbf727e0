"""The packages of /whisk.system: our own actions; what needs a service elsewhere says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from owlab.pocket.openwhisk.service import Service

HERE = Path(__file__).parent / "samples"

# As `wsk package list /whisk.system` shows them: the newest first.
PACKAGES = {
    "messaging": "Kafka messages (not simulated: the lab's Kafka carries none)",
    "alarms": "Timers (not simulated: the lab has no alarm service)",
    "websocket": "WebSocket messages",
    "utils": "Small building blocks for sequences",
    "samples": "Small examples",
    "slack": "Messages to Slack",
    "github": "Events of GitHub repositories",
}

REFUSED = {
    "messaging": {"kafkaFeed": True, "kafkaProduce": False},
    "alarms": {"alarm": True, "once": True, "interval": True},
    "websocket": {"send": False},
    "samples": {"curl": False},
    "slack": {"post": False},
    "github": {"webhook": True},
}

RUNNING = {
    "utils": ("echo", "cat", "sort", "split", "date", "head"),
    "samples": ("hello", "greeting", "helloWorld", "wordCount"),
}

REFUSAL = """\
function main() {
    return Promise.reject('%s is not simulated by the pocket lab: %s');
}
"""


def install(service: Service) -> None:
    """Make every package anew; versions count up as with a second installation."""
    caller = service.system
    for package, description in reversed(PACKAGES.items()):
        body = {
            "publish": True,
            "annotations": [{"key": "description", "value": description}],
        }
        service.packages.put(caller, "_", package, body, overwrite=True)
        for name in RUNNING.get(package, ()):
            _action(service, package, name, (HERE / f"{name}.js").read_text("utf-8"), feed=False)
        for name, feed in REFUSED.get(package, {}).items():
            why = "it would need a service outside the lab"
            _action(service, package, name, REFUSAL % (f"{package}/{name}", why), feed=feed)


def _action(service: Service, package: str, name: str, code: str, *, feed: bool) -> None:
    annotations: list[dict[str, object]] = []
    if feed:
        annotations.append({"key": "feed", "value": True})
    else:
        annotations.append({"key": "web-export", "value": package == "samples"})
    first = code.splitlines()[0]
    if first.startswith("// "):
        annotations.append({"key": "description", "value": first[3:]})
    body = {"exec": {"kind": "nodejs:14", "code": code}, "annotations": annotations}
    service.actions.put(service.system, "_", package, name, body, overwrite=True)
