"""The commands of wsk: which word means what, help, and the exit status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from owlab.pocket.programs.base import Call
from owlab.pocket.programs.wsk import (
    actions,
    activations,
    gateway,
    helptext,
    packages,
    project,
    properties_cli,
    rules,
    sdk,
    triggers,
)
from owlab.pocket.programs.wsk.arguments import parse
from owlab.pocket.programs.wsk.exits import USAGE, AlreadyTold, FlagError, Told, WskError
from owlab.pocket.programs.wsk.session import Session, read

Verb = Callable[[Session], Awaitable[int]]

COMMANDS: dict[str, tuple[str, Mapping[str, Verb]]] = {
    "action": ("work with actions", actions.VERBS),
    "activation": ("work with activations", activations.VERBS),
    "api": ("work with APIs", gateway.VERBS),
    "package": ("work with packages", packages.VERBS),
    "project": ("The OpenWhisk Project Management Tool", project.VERBS),
    "rule": ("work with rules", rules.VERBS),
    "sdk": ("work with the sdk", sdk.VERBS),
    "trigger": ("work with triggers", triggers.VERBS),
    "property": ("work with whisk properties", properties_cli.PROPERTY),
    "namespace": ("work with namespaces", properties_cli.NAMESPACE),
}
ALONE: dict[str, tuple[str, Verb]] = {
    "list": ("list entities in the current namespace", properties_cli.entities),
}
# Commands that do without an OpenWhisk.
WITHOUT_HOST = {("property", "set"), ("property", "unset"), ("property", "get"), ("sdk", "install")}
WITHOUT_CLIENT = {("property", "unset")} | {("project", verb) for verb in project.VERBS}
GLOBAL = """
Global Flags:
      --apihost HOST         whisk API HOST
      --apiversion VERSION   whisk API VERSION
  -u, --auth KEY             authorization KEY
      --cert string          client cert
  -d, --debug                debug level output
  -i, --insecure             bypass certificate checking
      --key string           client key
  -v, --verbose              verbose output
"""


def help_text(words: list[str]) -> str:
    """Help for the program, a command, or a verb."""
    command = words[0] if words else ""
    if command in COMMANDS:
        about, verbs = COMMANDS[command]
        if len(words) > 1 and words[1] in verbs:
            return f"{helptext.verb_help(command, words[1])}{GLOBAL}"
        rows = "".join(
            f"  {verb:<11} {helptext.VERBS[command][verb].about}\n" for verb in sorted(verbs)
        )
        return (
            f"{about}\nUsage:\n  wsk {command} [command]\n\nAvailable Commands:\n{rows}"
            f"\nFlags:\n  -h, --help   help for {command}\n{GLOBAL}"
            f'\nUse "wsk {command} [command] --help" for more information about a command.\n'
        )
    known = {name: about for name, (about, _) in COMMANDS.items()}
    known |= {name: about for name, (about, _) in ALONE.items()}
    rows = "".join(f"  {name:<11} {about}\n" for name, about in sorted(known.items()))
    return (
        "OpenWhisk cloud computing command line interface (the pocket lab's own program).\n"
        f"\nUsage:\n  wsk [command]\n\nAvailable Commands:\n{rows}{GLOBAL}"
        '\nUse "wsk [command] --help" for more information about a command.\n'
    )


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
    if asked is not None or words.on("help") or not path:
        await call.out(help_text([*path] if asked is None else asked))
        return 0
    verb = ALONE[path[0]][1] if path[0] in ALONE else None
    if verb is None:
        verb = COMMANDS[path[0]][1].get(path[1]) if len(path) > 1 else None
    if verb is None:
        await call.out(help_text([path[0]]))
        return 0
    session = Session(call, words)
    # Another configuration of a project is read by the project.
    elsewhere = path[0] == "project" and bool(words.text("config"))
    if path not in WITHOUT_HOST and not elsewhere:
        session.remote.require_host()
    if path not in WITHOUT_CLIENT:
        session.remote.require_pair()
    return await verb(session)
