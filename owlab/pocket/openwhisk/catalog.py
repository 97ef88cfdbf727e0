"""The packages of /whisk.system: our own actions; what needs a service elsewhere says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from owlab.pocket.openwhisk.inside import MARK

if TYPE_CHECKING:
    from owlab.pocket.openwhisk.service import Service

HERE = Path(__file__).parent / "samples"

# As `wsk package list /whisk.system` shows them: the newest first. A package that is not shared
# is OpenWhisk's own business.
PACKAGES = {
    "messaging": "Returns a result based on parameter endpoint",
    "alarms": "Alarms and periodic utility",
    "websocket": "Utilities for communicating with WebSockets",
    "utils": "Building blocks that format and assemble data",
    "samples": "A suite of simple actions to help you get started with OpenWhisk",
    "slack": "This package interacts with the Slack messaging service",
    "github": "Package which contains actions and feeds to interact with Github",
    "apimgmt": "This package manages the gateway API configuration.",
}
PRIVATE = ("apimgmt",)

# The names of the parameters, as `--summary` lists them.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "utils/echo": ("payload",),
    "utils/cat": ("lines",),
    "utils/smash": ("$fieldName",),
    "utils/split": ("payload", "separator"),
    "utils/sort": ("lines",),
    "utils/head": ("lines", "num"),
    "utils/hosturl": ("web", "ext", "trigger", "path"),
    "samples/cat": ("lines",),
    "samples/countdown": ("n",),
    "samples/curl": ("payload",),
    "samples/greeting": ("name", "place"),
    "samples/head": ("lines", "num"),
    "samples/helloPromises": ("name", "place"),
    "samples/helloWorld": ("payload",),
    "samples/wordCount": ("payload",),
    "samples/wordCountAsync": ("payload",),
    "slack/post": ("text",),
    "websocket/send": ("uri", "payload"),
    "alarms/alarm": ("cron", "timezone", "trigger_payload", "maxTriggers", "startDate", "stopDate"),
    "alarms/interval": ("minutes", "trigger_payload", "startDate", "stopDate"),
    "alarms/once": ("date", "trigger_payload", "deleteAfterFire"),
    "github/webhook": ("username", "repository", "accessToken", "events"),
    "messaging/kafkaFeed": ("brokers", "topic", "isJSONData", "isBinaryKey", "isBinaryValue"),
    "messaging/kafkaProduce": ("brokers", "topic", "value", "key"),
}
# Samples that call OpenWhisk themselves.
NEED_KEY = ("samples/countdown", "samples/helloPromises", "samples/invoke")
# Three samples are written in Swift, and say when they are called that nothing compiles it here.
KINDS = {".js": "nodejs:14", ".swift": "swift:4.2"}

# Executed by the lab's service itself: see inside.py.
INSIDE: dict[str, dict[str, str]] = {
    "alarms": {
        "alarm": "Fire trigger when alarm occurs",
        "interval": "Fire trigger at specified interval",
        "once": "Fire trigger once when alarm occurs",
    },
    "apimgmt": {
        "createApi": "Create an API or an operation of one",
        "getApi": "Retrieve the specified API configuration (in JSON format)",
        "deleteApi": "Delete the API",
    },
}
REFUSED: dict[str, dict[str, str]] = {
    "messaging": {
        "kafkaFeed": "the lab's Kafka carries no messages of users",
        "kafkaProduce": "the lab's Kafka carries no messages of users",
    },
    "github": {"webhook": "GitHub cannot reach an OpenWhisk on your computer"},
}
FEEDS = ("alarms/alarm", "alarms/interval", "alarms/once", "messaging/kafkaFeed", "github/webhook")

INSIDE_CODE = "// The pocket lab's service executes this action itself.\nfunction main() {}\n"
REFUSAL = """\
// %s is not simulated by the pocket lab: %s.
function main() {
    return Promise.reject('%s is not simulated by the pocket lab: %s.');
}
"""


def install(service: Service) -> None:
    """Make every package anew; versions count up as with a second installation."""
    caller = service.system
    for package, description in reversed(PACKAGES.items()):
        body = {
            "publish": package not in PRIVATE,
            "annotations": [{"key": "description", "value": description}],
        }
        service.packages.put(caller, "_", package, body, overwrite=True)
        for file in sorted((HERE / package).iterdir() if (HERE / package).is_dir() else ()):
            kind = KINDS[file.suffix]
            _action(service, package, file.stem, file.read_text("utf-8"), kind=kind)
        for name, about in INSIDE.get(package, {}).items():
            code = f"// {about}\n{INSIDE_CODE}"
            _action(service, package, name, code, (MARK, f"{package}/{name}"))
        for name, why in REFUSED.get(package, {}).items():
            path = f"{package}/{name}"
            _action(service, package, name, REFUSAL % (path, why, path, why))


def _action(
    service: Service,
    package: str,
    name: str,
    code: str,
    *more: tuple[str, Any],
    kind: str = "nodejs:14",
) -> None:
    path = f"{package}/{name}"
    annotations: dict[str, Any] = {
        "description": code.splitlines()[0].removeprefix("// "),
        **dict(more),
    }
    if path in FEEDS:
        annotations["feed"] = True
    if path in NEED_KEY:
        annotations["provide-api-key"] = True
    if package in PRIVATE:
        annotations["web-export"] = True
    if path in PARAMETERS:
        annotations["parameters"] = [{"name": one} for one in PARAMETERS[path]]
    body = {
        "exec": {"kind": kind, "code": code},
        "annotations": [{"key": key, "value": value} for key, value in annotations.items()],
    }
    service.actions.put(service.system, "_", package, name, body, overwrite=True)
