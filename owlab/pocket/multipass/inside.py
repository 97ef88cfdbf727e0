"""``exec`` and ``shell``: commands inside a machine."""

from __future__ import annotations

import re
import shlex

from owlab.pocket.machines.fleet import DELETED
from owlab.pocket.machines.machine import HOST, Machine
from owlab.pocket.machines.refusals import Refused, several
from owlab.pocket.machines.views import ShellWanted
from owlab.pocket.multipass.failures import usage
from owlab.pocket.multipass.invocation import Invocation
from owlab.pocket.multipass.options import Option, VerbArguments
from owlab.pocket.multipass.primary import UNNAMED, primary_name
from owlab.pocket.multipass.starting import launch_primary
from owlab.pocket.multipass.verbs import TIMEOUT, chosen_timeout

EXEC = (
    Option(("d", "working-directory"), "dir", "Change to <dir> before execution"),
    Option(("n", "no-map-working-directory"), about="Do not map the host execution path"),
)
SHELL = (TIMEOUT,)
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


async def awake(call: Invocation, name: str) -> Machine:
    """The machine to run on; one that is stopped or suspended is started, as Multipass does.

    ``host`` is the laptop itself, which the service's own clients reach by that name.
    """
    fleet = call.lab.fleet
    if name == HOST:
        return fleet.host
    machine = fleet.named([name])[0]
    if machine.status in ("Stopped", "Suspended", "Starting", "Restarting"):
        await fleet.start(machine)
    await fleet.until_up(machine)
    if machine.status == DELETED:
        raise several([f'instance "{name}" is deleted'])
    if not machine.running:
        raise Refused(f'instance "{name}" is not running')
    return machine


async def entered(call: Invocation, name: str, words: VerbArguments) -> Machine:
    """The machine that ``shell`` opens on: without a name the primary one, made if need be."""
    main = primary_name(call)
    if not (name or main):
        raise usage(UNNAMED)
    if (name or main) == main and main not in call.lab.fleet.machines:
        await launch_primary(call, words)
    return await awake(call, name or main)


async def exec_(call: Invocation, words: VerbArguments) -> int:
    """exec"""
    if "working-directory" in words and "no-map-working-directory" in words:
        raise usage("Options --working-directory and --no-map-working-directory clash")
    if len(words.rest) < 2:
        raise usage("Wrong number of arguments")
    machine = await awake(call, words.rest[0])
    script = as_script(words.rest[1:])
    if "working-directory" in words:
        script = f"cd {shlex.quote(words.last('working-directory'))} && {script}"
    session = machine.session()
    return await session.run(script, call.out_sink, call.err_sink, stdin=call.stdin)


def as_script(words: list[str]) -> str:
    """The words as a script of the machine's login shell.

    ``[env NAME=value ...] bash -c TEXT`` becomes TEXT itself: one shell less, and standard input
    reaches its commands as it comes (a nested bash of bashkit waits for the end of it first).
    """
    rest = list(words)
    exports = []
    if rest[:1] == ["env"]:
        rest.pop(0)
        while rest and ASSIGNMENT.match(rest[0]):
            name, _, value = rest.pop(0).partition("=")
            exports.append(f"export {name}={shlex.quote(value)}\n")
    if len(rest) < 3 or rest[0] not in ("bash", "sh") or rest[1] != "-c":
        return shlex.join(words)
    _, _, text, *arguments = rest
    if arguments[1:]:
        exports.append(f"set -- {shlex.join(arguments[1:])}\n")
    if arguments and "$0" in text:
        return shlex.join(words)
    return "".join(exports) + text


async def shell(call: Invocation, words: VerbArguments) -> int:
    """shell"""
    if len(words.rest) > 1:
        raise usage("Too many arguments supplied")
    chosen_timeout(words)
    machine = await entered(call, words.rest[0] if words.rest else "", words)
    if call.switch is not None:
        call.switch(ShellWanted(machine.name))
        return 0
    script = (await call.read_stdin()).decode(errors="replace")
    if not script.strip():
        return 0
    return await machine.session().run(script, call.out_sink, call.err_sink)
