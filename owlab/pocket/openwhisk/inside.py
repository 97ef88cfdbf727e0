"""Actions of /whisk.system that the lab's service itself executes: feeds, and the API gateway's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from owlab.pocket.openwhisk.activations import APPLICATION_ERROR, SUCCESS
from owlab.pocket.openwhisk.alarms import AlarmError
from owlab.pocket.openwhisk.entity_names import Identity
from owlab.pocket.openwhisk.gateway import GatewayError
from owlab.pocket.openwhisk.refusals import WhiskError

if TYPE_CHECKING:
    from owlab.pocket.openwhisk.service import Service

Value = dict[str, Any]
Ended = tuple[int, Any]
Inside = Callable[["Service", Identity, Value], Ended]
MARK = "executed-by"
"""The annotation of such an action; its value names the program."""


def _alarm(kind: str) -> Inside:
    def run(service: Service, caller: Identity, value: Value) -> Ended:
        name = value.get("triggerName")
        if not isinstance(name, str) or not name:
            return APPLICATION_ERROR, {"error": {"error": "no trigger name parameter was provided"}}
        trigger = name.rpartition("/")[2]
        try:
            if value.get("lifecycleEvent") != "DELETE":
                service.triggers.get(caller, "_", trigger)
            ended = service.alarms.live(kind, caller.namespace, trigger, value)
        except AlarmError as error:
            return APPLICATION_ERROR, {"error": {"error": str(error)}}
        except WhiskError:
            text = "Trigger authentication request failed."
            return APPLICATION_ERROR, {"error": {"error": text}}
        service.alarm_clock.changed()
        return SUCCESS, ended

    return run


def _reach(service: Service) -> None:
    """The management actions ask the gateway, which keeps its APIs in Redis."""
    for part, name in (("apigateway", "API gateway"), ("redis", "API gateway's Redis")):
        if not service.health.has(part):
            raise GatewayError(f"The {name} does not answer.", 502)


def _gateway(verb: str) -> Inside:
    def run(service: Service, caller: Identity, value: Value) -> Ended:
        owner = value.get("__ow_user") or caller.namespace
        try:
            _reach(service)
            body = getattr(service.gateway, verb)(owner, value)
        except GatewayError as error:
            refused = {
                "statusCode": error.status,
                "headers": {"Content-Type": "application/json"},
                "body": {"error": str(error)},
            }
            return APPLICATION_ERROR, {"error": refused if "__ow_method" in value else str(error)}
        if "__ow_method" not in value:
            return SUCCESS, body
        headers = {"Content-Type": "application/json"}
        return SUCCESS, {"statusCode": 200, "headers": headers, "body": body}

    return run


PROGRAMS: dict[str, Inside] = {
    **{f"alarms/{kind}": _alarm(kind) for kind in ("alarm", "interval", "once")},
    **{f"apimgmt/{verb}": _gateway(verb) for verb in ("createApi", "getApi", "deleteApi")},
}
