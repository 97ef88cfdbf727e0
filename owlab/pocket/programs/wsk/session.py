"""One run of wsk: its words, its properties, its OpenWhisk; what all commands share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from owlab.pocket.programs.base import Call
from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.arguments import WskArguments, keyed
from owlab.pocket.programs.wsk.exits import BAD_USAGE, WskError
from owlab.pocket.programs.wsk.goerrors import quoted_slice, unparsed
from owlab.pocket.programs.wsk.properties import Properties
from owlab.pocket.programs.wsk.remote import Remote


@dataclass(frozen=True, slots=True)
class Name:
    """``/namespace/package/name`` as the user typed it; the namespace may be ``_``."""

    namespace: str
    entity: str
    """Without the namespace; empty for a namespace alone."""

    @property
    def package(self) -> str:
        """The package, or nothing."""
        return self.entity.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The last word."""
        return self.entity.rpartition("/")[2]

    @property
    def full(self) -> str:
        """With its namespace."""
        return f"/{self.namespace}/{self.entity}"


class Session:
    """What a command works with."""

    def __init__(self, call: Call, words: WskArguments) -> None:
        self.call, self.words = call, words
        self.properties = Properties.of(call)
        self.remote = Remote(call, words, self.properties)

    @property
    def namespace(self) -> str:
        """Where names without a namespace are."""
        return self.properties.get("NAMESPACE") or "_"

    @property
    def shown_namespace(self) -> str:
        """As sentences name it."""
        return "default" if self.namespace == "_" else self.namespace

    async def ok(self, text: str) -> None:
        """A line of success."""
        await self.call.out(f"ok: {text}\n")

    async def json(self, value: object) -> None:
        """JSON in the order that it has."""
        await self.call.out(output.as_json(value))

    def name(self, text: str) -> Name:
        """A name as the user typed it."""
        parts = text.split("/")
        if len(parts) == 3 and parts[0]:
            parts = ["", *parts]
        if text.startswith("/") or (len(parts) == 4 and not parts[0]):
            if not 2 <= len(parts) <= 4 or any(p in ("", ".") for p in parts[1:]):
                raise _no_name(text)
            return Name(parts[1], "/".join(parts[2:]))
        if text in ("", "."):
            raise _no_name(text)
        return Name(self.namespace, text)

    def only_namespace(self, rest: list[str]) -> str:
        """``list [NAMESPACE]``: the namespace that is named, or the own one."""
        if not rest:
            return self.namespace
        name = self.name(rest[0])
        if name.entity:
            raise WskError(
                f"An entity name, '{name.entity}', was provided instead of a namespace. Valid "
                "namespaces are of the following format: /NAMESPACE."
            )
        return name.namespace

    def read(self, path: str) -> bytes:
        """A file of the machine."""
        return read(self.call, path)

    def given(self, name: str, what: str = "parameter") -> dict[str, Any]:
        """Parameters or annotations, of files and of the command line."""
        try:
            return self.words.object(name)
        except (ValueError, RecursionError) as error:
            texts = self.words.texts[name]
            raise WskError(
                f"Invalid {what} argument '{quoted_slice(texts)}': {unparsed(error, texts)}"
            ) from error

    def keyed(self, name: str, what: str = "parameter") -> list[dict[str, Any]]:
        """The same as OpenWhisk wants them."""
        return keyed(self.given(name, what))

    def paging(self) -> str:
        """``?limit=&skip=``."""
        return f"?limit={self.words.number('limit')}&skip={self.words.number('skip')}"

    def field(self, known: tuple[str, ...], *, code: int, usage: bool) -> str:
        """``get NAME FIELD``: the field, told as the document names it; nothing for none."""
        rest = self.words.rest
        if len(rest) < 2:
            return ""
        chosen = next((name for name in known if name.lower() == rest[1].lower()), None)
        if chosen is None:
            raise WskError(f"Invalid field filter '{rest[1]}'.", code, usage=usage)
        return chosen

    async def show(self, kind: str, name: str, shown: dict[str, Any], chosen: str) -> int:
        """``get``: the whole document, or the field that was asked for."""
        if not chosen:
            await self.ok(f"got {kind} {name}")
            await self.json(shown)
            return 0
        await self.ok(f"got {kind} {name}, displaying field {self.words.rest[1]}")
        await self.json(shown.get(chosen, output.EMPTY.get(chosen)))
        return 0

    async def summarize(self, kind: str, document: dict[str, Any]) -> int:
        """``get --summary``."""
        await self.call.out(output.summary(kind, document))
        return 0


def read(call: Call, path: str) -> bytes:
    """A file of the machine that the command line names."""
    try:
        return call.fs.read_file(call.path(path))
    except (OSError, RuntimeError) as error:
        raise WskError(
            f"File '{path}' is not a valid file or it does not exist", BAD_USAGE
        ) from error


def _no_name(text: str) -> WskError:
    return WskError(
        f"'{text}' is not a valid qualified name: A valid qualified name must be specified."
    )
