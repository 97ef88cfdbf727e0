"""The commands of wsk: which word means what, help, and the exit status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from owlab.pocket.programs.base import Call
from owlab.pocket.programs.wsk import (
    actions,
    activations,
    gateway,
    packages,
    project,
    properties_cli,
    rules,
    sdk,
    triggers,
)
from owlab.pocket.programs.wsk.arguments import WskArguments, parse
from owlab.pocket.programs.wsk.exits import USAGE, AlreadyTold, FlagError, Told, WskError
from owlab.pocket.programs.wsk.helptext import help_text, usage_of_program
from owlab.pocket.programs.wsk.session import Session, read

Verb = Callable[[Session], Awaitable[int]]

COMMANDS: dict[str, Mapping[str, Verb]] = {
    "action": actions.VERBS,
    "activation": activations.VERBS,
    "api": gateway.VERBS,
    "package": packages.VERBS,
    "project": project.VERBS,
    "rule": rules.VERBS,
    "sdk": sdk.VERBS,
    "trigger": triggers.VERBS,
    "property": properties_cli.PROPERTY,
    "namespace": properties_cli.NAMESPACE,
}
ALONE: dict[str, Verb] = {"list": properties_cli.entities}
# Commands that do without a client of OpenWhisk, or make their own.
WITHOUT_CLIENT = {("property", "unset")} | {("project", verb) for verb in project.VERBS}
# Flags with which `property` needs no host: what they ask for is known here.
LOCAL = {
    "get": ("auth", "cert", "key", "apihost", "apiversion", "cliversion"),
    "set": ("apihost", "apiversion", "auth"),
}


async def run(call: Call) -> int:
    """Parse, find the command, run it, and print what goes wrong."""
    try:
        return await _run(call)
    except AlreadyTold as error:
        return error.code
    except FlagError as error:
        await call.err(f"{error.message}\n")
        return error.code
    except Told as error:
        await call.err(error.message)
        return error.code
    except WskError as error:
        await call.err(f"error: {error.message}\n{USAGE if error.usage else ''}")
        return error.code


async def _run(call: Call) -> int:
    words = parse(call.argv, lambda path: read(call, path))
    path = words.path
    asked = words.rest[1:] if words.rest[:1] == ["help"] and not path else None
    if asked is not None:
        return await _help(call, words, asked)
    verb = ALONE.get(path[0]) if len(path) == 1 else None
    if len(path) > 1:
        verb = COMMANDS[path[0]][path[1]]
    if words.on("help") or verb is None:
        await call.out(help_text([*path]))
        return 0
    session = Session(call, words)
    if path not in WITHOUT_CLIENT:
        if not _local(words):
            session.remote.require_host()
        session.remote.require_pair()
    return await verb(session)


async def _help(call: Call, words: WskArguments, asked: list[str]) -> int:
    """``wsk help COMMAND``: of a command that there is not it is told on standard error."""
    if words.on("help"):
        asked = ["help"]
    if asked and asked[0] not in (*COMMANDS, *ALONE, "help"):
        topic = " ".join(f"`{word}`" for word in asked)
        await call.err(f"Unknown help topic [{topic}]\n{usage_of_program()}")
        return 0
    await call.out(help_text(asked))
    return 0


def _local(words: WskArguments) -> bool:
    """The command needs no OpenWhisk."""
    if words.path[0] == "property":
        known = LOCAL.get(words.path[1], ())
        return any(words.on(name) for name in known)
    return words.path == ("sdk", "install") and words.rest[:1] == ["bashauto"]
