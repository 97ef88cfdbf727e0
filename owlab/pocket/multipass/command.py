"""The ``multipass`` command: finds the verb, runs it, says what went wrong."""

from __future__ import annotations

from dataclasses import dataclass

from owlab.pocket.ground.failures import DiskFull
from owlab.pocket.machines.refusals import Refused
from owlab.pocket.multipass import (
    aliases,
    inside,
    laptop_mounts,
    launch,
    settings,
    snapshots,
    starting,
    transfer,
    verbs,
)
from owlab.pocket.multipass.failures import COMMAND_FAIL, COMMAND_LINE, Failure, failure_of
from owlab.pocket.multipass.invocation import Invocation
from owlab.pocket.multipass.options import HELP, VERBOSE, Option, parse


@dataclass(frozen=True, slots=True)
class MultipassVerb:
    """A verb: what runs it, its options, its arguments and what it is for."""

    run: verbs.Verb
    about: str
    arguments: str = ""
    options: tuple[Option, ...] = ()


NAMES = "<name> [<name> ...]"
FORCE = Option(("force",), about="Force the instance to shut down immediately")

COMMANDS: dict[str, MultipassVerb] = {
    "alias": MultipassVerb(
        aliases.alias, "Create an alias", "<definition> [<name>]", aliases.ALIAS
    ),
    "aliases": MultipassVerb(aliases.aliases, "List available aliases", "", (verbs.FORMAT,)),
    "clone": MultipassVerb(snapshots.clone, "Clone an instance", "<source_name>", snapshots.CLONE),
    "delete": MultipassVerb(
        verbs.delete,
        "Delete instances and snapshots",
        NAMES,
        (verbs.ALL, Option(("p", "purge"), about="Permanently delete specified items")),
    ),
    "exec": MultipassVerb(
        inside.exec_, "Run a command on an instance", "<name> [--] <command>", inside.EXEC
    ),
    "find": MultipassVerb(
        verbs.find,
        "Display available images to create instances from",
        "[<remote:>]<string>",
        (
            verbs.FORMAT,
            Option(("show-unsupported",), about="Show unsupported cloud images as well"),
            Option(("force-update",), about="Force the image information to update"),
        ),
    ),
    "get": MultipassVerb(settings.get, "Get a configuration setting", "[<arg>]", settings.GET),
    "help": MultipassVerb(verbs.version, "Display help about a command", "[<command>]"),
    "info": MultipassVerb(
        verbs.info,
        "Display information about instances or snapshots",
        "[<instance>[.snapshot] ...]",
        (
            verbs.FORMAT,
            Option(("no-runtime-information",), about="Retrieve from the service only"),
            Option(("snapshots",), about="Display detailed information about the snapshots"),
        ),
    ),
    "launch": MultipassVerb(
        launch.launch, "Create and start an Ubuntu instance", "[<image>]", launch.OPTIONS
    ),
    "list": MultipassVerb(
        verbs.list_,
        "List all available instances or snapshots",
        "",
        (
            verbs.FORMAT,
            Option(("snapshots",), about="List all available snapshots"),
            Option(("no-ipv4",), about="Do not query the instances for their addresses"),
        ),
    ),
    "mount": MultipassVerb(
        laptop_mounts.mount,
        "Mount a local directory in the instance",
        "<source> <target> [<target> ...]",
        laptop_mounts.OPTIONS,
    ),
    "networks": MultipassVerb(
        verbs.networks, "List available network interfaces", "", (verbs.FORMAT,)
    ),
    "prefer": MultipassVerb(aliases.prefer, "Switch the current alias context", "<name>"),
    "purge": MultipassVerb(verbs.purge, "Purge all deleted instances permanently"),
    "recover": MultipassVerb(verbs.recover, "Recover deleted instances", NAMES, (verbs.ALL,)),
    "restart": MultipassVerb(verbs.restart, "Restart instances", NAMES, (verbs.ALL, verbs.TIMEOUT)),
    "restore": MultipassVerb(
        snapshots.restore,
        "Restore an instance from a snapshot",
        "<instance>.<snapshot>",
        (Option(("d", "destructive"), about="Discard the current state of the instance"),),
    ),
    "set": MultipassVerb(settings.set_, "Set a configuration setting", "<key>[=<value>]"),
    "shell": MultipassVerb(inside.shell, "Open a shell on an instance", "[<name>]", inside.SHELL),
    "snapshot": MultipassVerb(
        snapshots.take, "Take a snapshot of an instance", "<instance>", snapshots.TAKE
    ),
    "start": MultipassVerb(starting.start, "Start instances", NAMES, (verbs.ALL, verbs.TIMEOUT)),
    "stop": MultipassVerb(
        verbs.stop,
        "Stop running instances",
        NAMES,
        (
            verbs.ALL,
            FORCE,
            Option(("t", "time"), "time", "Time from now, in minutes, to delay shutdown"),
            Option(("c", "cancel"), about="Cancel a pending delayed shutdown"),
        ),
    ),
    "suspend": MultipassVerb(verbs.suspend, "Suspend running instances", NAMES, (verbs.ALL,)),
    "transfer": MultipassVerb(
        transfer.transfer,
        "Transfer files between the host and instances",
        "<source> [<source> ...] <destination>",
        transfer.OPTIONS,
    ),
    "umount": MultipassVerb(
        laptop_mounts.umount,
        "Unmount a directory from an instance",
        "<mount> [<mount> ...]",
    ),
    "unalias": MultipassVerb(
        aliases.unalias, "Remove aliases", "<name> [<name> ...]", aliases.UNALIAS
    ),
    "version": MultipassVerb(verbs.version, "Show version details", "", (verbs.FORMAT,)),
    "wait-ready": MultipassVerb(
        verbs.wait_ready, "Wait until the service is ready", "", (verbs.TIMEOUT,)
    ),
}
ALIASES = {
    "ls": "list",
    "sh": "shell",
    "copy-files": "transfer",
    "connect": "shell",
    "unmount": "umount",
}

# Real verbs that a pocket lab has no use for: said so, rather than "unknown command".
ABSENT = ("authenticate", "zones", "enable-zones", "disable-zones")


async def multipass(call: Invocation) -> int:
    """Run one command line; returns the exit status."""
    words = list(call.argv)
    while words and words[0] in ("-v", "-vv", "-vvv", "-vvvv", "--verbose"):
        words.pop(0)
    if not words:
        await call.out(overview())
        return COMMAND_FAIL
    name = ALIASES.get(words[0], words[0])
    if name in ("-h", "--help", "help"):
        return await _help(call, words[1:])
    if name in ABSENT:
        await call.err(f"{name} failed: The {name} feature is not implemented by the pocket lab.\n")
        return COMMAND_FAIL
    command = COMMANDS.get(name)
    if command is None:
        found = aliases.AliasBook(call).find(name)
        if found is not None:
            return await _aliased(call, found, words[1:])
        if name.startswith("-"):
            await call.err(f"Unknown option '{name.lstrip('-')}'.\n")
        else:
            await call.out(
                f"Error: Unknown command or alias '{name}' "
                '(try "multipass help" or "multipass aliases")\n'
            )
        return COMMAND_LINE
    try:
        parsed = parse(words[1:], command.options)
        if HELP.key in parsed:
            await call.out(about(name))
            return 0
        return await command.run(call, parsed)
    except Refused as refused:
        failure = failure_of(refused, name)
    except DiskFull as full:
        failure = Failure(
            f"{name} failed: No space left on this computer's disk for the lab in "
            f"{call.lab.directory} ({full}).\nFree some space and repeat the command."
        )
    except Failure as error:
        failure = error
        if name == "exec" and error.text.startswith("Unknown option"):
            failure = Failure(
                f'{error.text}Options to the inner command should come after "--", like this:\n'
                "multipass exec <instance> -- <command> <arguments>",
                error.status,
            )
    await call.err(failure.text)
    return failure.status


async def _aliased(call: Invocation, found: dict[str, str], rest: list[str]) -> int:
    try:
        return await aliases.run(call, found, rest)
    except Refused as refused:
        failure = failure_of(refused, "exec")
    await call.err(failure.text)
    return failure.status


async def _help(call: Invocation, words: list[str]) -> int:
    names = [word for word in words if not word.startswith("-")]
    if not names:
        await call.out(overview())
        return 0
    name = ALIASES.get(names[0], names[0])
    if name not in COMMANDS:
        await call.err(f"Error: Unknown Command: '{names[0]}'\n")
        return COMMAND_LINE
    await call.out(about(name))
    return 0


def overview() -> str:
    """``multipass help``."""
    lines = [f"  {name:<13} {command.about}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "Usage: multipass [options] <command>",
            "Create, control and connect to Ubuntu instances.",
            "",
            "This is the multipass of an owlab pocket lab: its machines are simulated, their",
            "shells are real, and nothing leaves this computer.",
            "",
            "Options:",
            "  -h, --help     Displays help on commandline options",
            "  -v, --verbose  Increase logging verbosity",
            "",
            "Available commands:",
            *lines,
            "",
        ]
    )


def about(name: str) -> str:
    """``multipass help VERB``."""
    command = COMMANDS[name]
    lines = []
    for option in (HELP, VERBOSE, *command.options):
        names = ", ".join(("-" if len(n) == 1 else "--") + n for n in option.names)
        value = f" <{option.value}>" if option.value else ""
        lines.append(f"  {names + value:<40}  {option.about}".rstrip())
    usage = f"Usage: multipass {name} [options] {command.arguments}".rstrip()
    return "\n".join([usage, command.about + ".", "", "Options:", *lines, ""])
