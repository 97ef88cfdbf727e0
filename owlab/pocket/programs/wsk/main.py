"""The commands of wsk: which word means what, help, and the exit status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from owlab.pocket.programs.base import Call
from owlab.pocket.programs.wsk import (
    actions,
    activations,
    helptext,
    packages,
    properties_cli,
    triggers,
)
from owlab.pocket.programs.wsk.arguments import parse
from owlab.pocket.programs.wsk.errors import WskError
from owlab.pocket.programs.wsk.session import Session

Verb = Callable[[Session], Awaitable[int]]

COMMANDS: dict[str, tuple[str, Mapping[str, Verb]]] = {
    "action": ("work with actions", actions.VERBS),
    "activation": ("work with activations", activations.VERBS),
    "package": ("work with packages", packages.VERBS),
    "rule": ("work with rules", triggers.RULES),
    "trigger": ("work with triggers", triggers.TRIGGERS),
    "property": ("work with whisk properties", properties_cli.PROPERTY),
    "namespace": ("work with namespaces", properties_cli.NAMESPACE),
}
ALONE: dict[str, tuple[str, Verb]] = {
    "list": ("list entities in the current namespace", properties_cli.entities),
}
NOT_HERE = {
    "api": "the API gateway is not part of the pocket lab",
    "sdk": "there are no SDK downloads in the pocket lab",
    "project": "wsk project is not part of the pocket lab: use wsk action",
}
USAGE = "Run 'wsk --help' for usage.\n"
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
            f"{about}\nUsage:\n  wsk {command} [command]\n\nAvailable Commands:\n{rows}{GLOBAL}"
            f'\nUse "wsk {command} [command] --help" for more information about a command.\n'
        )
    known = {name: about for name, (about, _) in COMMANDS.items()}
    known |= {name: about for name, (about, _) in ALONE.items()} | NOT_HERE
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
    except WskError as error:
        await call.err(f"error: {error.message}\n{USAGE}")
        return error.code


async def _run(call: Call) -> int:
    plain = [word for word in call.argv if not word.startswith("-")]
    reads = "property" in plain and {"get", "unset"} & set(plain)
    words = parse(call.argv, properties_cli.BARE if reads else frozenset())
    path = words.rest[:2]
    if not path or words.rest[0] == "help" or "help" in words.switches:
        await call.out(help_text(words.rest[1:] if path[:1] == ["help"] else words.rest))
        return 0
    command = path[0]
    if command in NOT_HERE:
        raise WskError(f"wsk {command}: {NOT_HERE[command]}")
    if command in ALONE:
        words.rest = words.rest[1:]
        return await ALONE[command][1](Session(call, words))
    if command not in COMMANDS:
        line = f'Error: unknown command "{command}" for "wsk"\n'
        await call.err(f'{line}{USAGE}unknown command "{command}" for "wsk"\n{USAGE}')
        return 1
    verb = COMMANDS[command][1].get(path[1]) if len(path) > 1 else None
    if verb is None:
        await call.out(help_text([command]))
        return 0
    words.rest = words.rest[2:]
    return await verb(Session(call, words))
