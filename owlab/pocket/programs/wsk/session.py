"""One run of wsk: its words, its properties, its OpenWhisk; what all commands share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from owlab.pocket.programs.base import Call
from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.arguments import Words, keyed, merged
from owlab.pocket.programs.wsk.errors import WskError, invalid
from owlab.pocket.programs.wsk.properties import Properties
from owlab.pocket.programs.wsk.remote import Remote


@dataclass(frozen=True, slots=True)
class Name:
    """``/namespace/package/name`` as the user typed it; the namespace may be ``_``."""

    namespace: str
    package: str
    name: str

    @property
    def entity(self) -> str:
        """Without the namespace."""
        return f"{self.package}/{self.name}" if self.package else self.name


class Session:
    """What a command works with."""

    def __init__(self, call: Call, words: Words) -> None:
        self.call, self.words = call, words
        self.properties = Properties.of(call)
        self.remote = Remote(call, words, self.properties)

    @property
    def namespace(self) -> str:
        """Where names without a namespace are."""
        return self.properties.get("NAMESPACE") or "_"

    def on(self, switch: str) -> bool:
        """A switch is set."""
        return switch in self.words.switches

    async def ok(self, text: str) -> None:
        """A line of success."""
        await self.call.out(f"ok: {text}\n")

    async def json(self, value: Any) -> None:
        """JSON in the order that it has."""
        await self.call.out(output.as_json(value))

    def need(self, count: int, message: str) -> list[str]:
        """Exactly that many words."""
        if len(self.words.rest) < count:
            raise invalid(message)
        if len(self.words.rest) > count:
            extra = ", ".join(self.words.rest[count:])
            raise invalid(f"{extra}. {message}")
        return self.words.rest

    def name(self, text: str) -> Name:
        """A name as the user typed it."""
        if not text.strip("/"):
            raise WskError(f"'{text}' is not a valid qualified name")
        if text.startswith("/"):
            parts = text.strip("/").split("/")
            if len(parts) == 1:
                raise WskError(f"'{text}' is not a valid qualified name")
            namespace, rest = parts[0], parts[1:]
        else:
            namespace, rest = self.namespace, text.split("/")
        if len(rest) > 2 or not all(rest):
            raise WskError(f"'{text}' is not a valid qualified name")
        return Name(namespace, rest[0] if len(rest) == 2 else "", rest[-1])

    def read(self, path: str) -> bytes:
        """A file of the machine."""
        try:
            return self.call.fs.read_file(self.call.path(path))
        except (OSError, RuntimeError) as error:
            raise WskError(f"File '{path}' is not a valid file or it does not exist", 2) from error

    def given(self, pairs: str, file: str) -> dict[str, Any]:
        """Parameters or annotations, of the file and the command line."""
        path = self.words.values.get(file)
        if path is None:
            return merged(self.words, pairs, {})
        try:
            value = json.loads(self.read(path))
        except ValueError as error:
            raise WskError(f"Unable to process the JSON file '{path}': {error}", 1) from error
        if not isinstance(value, dict):
            raise WskError(f"Invalid arguments: '{path}' must hold a JSON object")
        return merged(self.words, pairs, value)

    def entity_body(self, name: Name) -> dict[str, Any]:
        """Parameters and annotations that were given, and nothing else."""
        body: dict[str, Any] = {"namespace": name.namespace, "name": name.name}
        parameters = self.given("param", "param-file")
        annotations = self.given("annotation", "annotation-file")
        if parameters:
            body["parameters"] = keyed(parameters)
        if annotations:
            body["annotations"] = keyed(annotations)
        return body

    def paging(self, *, limit: int = 30) -> str:
        """``?limit=&skip=``."""
        chosen = self.words.number("limit", limit) or 0
        skip = self.words.number("skip", 0) or 0
        return f"?limit={chosen}&skip={skip}"

    async def show(
        self, kind: str, name: Name, document: dict[str, Any], order: tuple[str, ...]
    ) -> int:
        """``get``: the whole document, or the field that was asked for."""
        shown = output.ordered(document, order)
        if self.on("summary"):
            await self.call.out(summary(kind, document))
            return 0
        fields = self.words.rest[1:]
        if not fields:
            await self.ok(f"got {kind} {name.entity}")
            await self.json(shown)
            return 0
        if fields[0] not in order:
            raise WskError(f"Invalid field filter '{fields[0]}'.")
        await self.ok(f"got {kind} {name.entity}, displaying field {fields[0]}")
        await self.json(document.get(fields[0]))
        return 0


def summary(kind: str, document: dict[str, Any]) -> str:
    """``get --summary``."""
    path = f"/{document['namespace']}/{document['name']}"
    about = output.annotation(document, "description")
    text = f"{kind} {path}" + (f": {about}" if about else "") + "\n"
    names = [pair["key"] for pair in document.get("parameters") or []]
    text += f"   (parameters: {', '.join(names) if names else 'none defined'})\n"
    for action in document.get("actions") or []:
        about = output.annotation(action, "description")
        text += f" action {path}/{action['name']}" + (f": {about}" if about else "") + "\n"
    return text
