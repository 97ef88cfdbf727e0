"""What a request asks for, as authorization sees it: read from its method and its path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import HTTPConnection

_VERBS = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_OF_NAMESPACES = ("status", "finalize")
"""Subresources of a namespace; anything else below one is inside it."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """One question. What is no resource has a path instead."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def whole_resource(self) -> str:
        """``pods`` or ``pods/log``, as rules name it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    def refused_to(self, user: str) -> str:
        """The sentence of a refusal."""
        if not self.resource:
            return f'User "{user}" cannot {self.verb} path "{self.path}"'
        place = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        return (
            f'User "{user}" cannot {self.verb} resource "{self.whole_resource}" '
            f'in API group "{self.group}" {place}'
        )


def attributes_of(connection: HTTPConnection) -> Attributes:
    """The question that a request or a WebSocket asks."""
    method = str(connection.scope.get("method", "GET"))
    return _attributes(method, connection.url.path, connection.query_params)


def _attributes(method: str, path: str, query: Mapping[str, str]) -> Attributes:
    words = [word for word in path.split("/") if word]
    if words[:1] == ["api"] and len(words) > 2:
        group, rest = "", words[2:]
    elif words[:1] == ["apis"] and len(words) > 3:
        group, rest = words[1], words[3:]
    else:
        return Attributes(method.lower(), path=path)
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in _OF_NAMESPACES:
            rest = rest[2:]
    resource, name, sub = [*rest, "", ""][:3]
    verb = _VERBS.get(method, method.lower())
    if not name and verb in ("get", "delete"):
        if verb == "delete":
            verb = "deletecollection"
        else:
            verb = "watch" if query.get("watch") in ("true", "1") else "list"
        name = _named(query.get("fieldSelector", ""))
    return Attributes(verb, group, resource, sub, namespace, name)


def _named(selector: str) -> str:
    """A list of the one object that a field selector names is a question about that object."""
    for part in selector.split(","):
        field, equals, value = part.replace("==", "=").partition("=")
        if field == "metadata.name" and equals:
            return value
    return ""
