"""OpenWhisk's published API, operation by operation: what to send, and what should come back.

In the order in which they can be walked: what is needed is made first, and deleted last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ECHO = "function main(args) { return {body: args} }"
NODE = {"exec": {"kind": "nodejs:default", "code": ECHO}}
WEB = NODE | {"annotations": [{"key": "web-export", "value": True}]}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the published description."""

    method: str
    path: str
    """As published, below ``/api/v1``."""
    send: str
    """A path of that form, with a query where the operation has one."""
    status: int
    body: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        """Unique among operations."""
        return f"{self.method} {self.path}"


NS, OWN = "/namespaces/{namespace}", "/namespaces/_"
ACTION, INNER = "/actions/{actionName}", "/actions/{packageName}/{actionName}"
TRIGGER, RULE, PACKAGE = "/triggers/{triggerName}", "/rules/{ruleName}", "/packages/{packageName}"
ACTIVATION = "/activations/{activationid}"
EXPORTED = "/web/{namespace}/{packageName}/{actionName}.{extension}"

OPERATIONS = (
    Operation("GET", "/namespaces", "/namespaces", 200),
    Operation("GET", f"{NS}/limits", f"{OWN}/limits", 200),
    Operation("PUT", NS + PACKAGE, f"{OWN}/packages/tools?overwrite=true", 200, {}),
    Operation("GET", NS + PACKAGE, f"{OWN}/packages/tools", 200),
    Operation("GET", f"{NS}/packages", f"{OWN}/packages?public=false&limit=5&skip=0", 200),
    Operation("PUT", NS + ACTION, f"{OWN}/actions/echo?overwrite=true", 200, NODE),
    Operation("GET", NS + ACTION, f"{OWN}/actions/echo?code=false", 200),
    Operation("GET", f"{NS}/actions", f"{OWN}/actions?limit=5&skip=0", 200),
    Operation("POST", NS + ACTION, f"{OWN}/actions/echo?blocking=true", 200, {"a": 1}),
    Operation("PUT", NS + INNER, f"{OWN}/actions/tools/echo?overwrite=true", 200, WEB),
    Operation("GET", NS + INNER, f"{OWN}/actions/tools/echo?code=true", 200),
    Operation("POST", NS + INNER, f"{OWN}/actions/tools/echo?blocking=false", 202, {}),
    Operation("GET", EXPORTED, "/web/guest/tools/echo.json?a=1", 200),
    Operation("PUT", EXPORTED, "/web/guest/tools/echo.json", 200, {"a": 1}),
    Operation("POST", EXPORTED, "/web/guest/tools/echo.http", 200, {"a": 1}),
    Operation("DELETE", EXPORTED, "/web/guest/tools/echo.json", 200),
    Operation("PUT", NS + TRIGGER, f"{OWN}/triggers/tick?overwrite=true", 200, {}),
    Operation("GET", NS + TRIGGER, f"{OWN}/triggers/tick", 200),
    Operation("GET", f"{NS}/triggers", f"{OWN}/triggers?limit=5&skip=0", 200),
    Operation(
        "PUT",
        NS + RULE,
        f"{OWN}/rules/on-tick?overwrite=true",
        200,
        {"trigger": "/_/tick", "action": "/_/echo"},
    ),
    Operation("GET", NS + RULE, f"{OWN}/rules/on-tick", 200),
    Operation("GET", f"{NS}/rules", f"{OWN}/rules?limit=5&skip=0", 200),
    Operation("POST", NS + TRIGGER, f"{OWN}/triggers/tick", 202, {"a": 1}),
    Operation("POST", NS + RULE, f"{OWN}/rules/on-tick", 200, {"status": "inactive"}),
    Operation(
        "GET",
        f"{NS}/activations",
        f"{OWN}/activations?name=echo&limit=5&skip=0&since=0&upto=9999999999999&docs=true",
        200,
    ),
    Operation("GET", NS + ACTIVATION, f"{OWN}/activations/LAST", 200),
    Operation("GET", f"{NS}{ACTIVATION}/logs", f"{OWN}/activations/LAST/logs", 200),
    Operation("GET", f"{NS}{ACTIVATION}/result", f"{OWN}/activations/LAST/result", 200),
    Operation("DELETE", NS + RULE, f"{OWN}/rules/on-tick", 200),
    Operation("DELETE", NS + TRIGGER, f"{OWN}/triggers/tick", 200),
    Operation("DELETE", NS + INNER, f"{OWN}/actions/tools/echo", 200),
    Operation("DELETE", NS + ACTION, f"{OWN}/actions/echo", 200),
    Operation("DELETE", NS + PACKAGE, f"{OWN}/packages/tools?force=true", 200),
)
