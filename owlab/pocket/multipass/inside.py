"""``exec`` and ``shell``: commands inside a machine."""

from __future__ import annotations

import shlex

from owlab.pocket.fleet import DELETED
from owlab.pocket.multipass.errors import Refused, several, usage
from owlab.pocket.multipass.invocation import Invocation
from owlab.pocket.multipass.options import Option, Words
from owlab.pocket.multipass.verbs import TIMEOUT, chosen_timeout
from owlab.pocket.vm import HOST, Machine

EXEC = (
    Option(("d", "working-directory"), "dir", "Change to <dir> before execution"),
    Option(("n", "no-map-working-directory"), about="Do not map the host execution path"),
)
SHELL = (TIMEOUT,)


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


async def exec_(call: Invocation, words: Words) -> int:
    """exec"""
    if "working-directory" in words and "no-map-working-directory" in words:
        raise usage("Options --working-directory and --no-map-working-directory clash")
    if len(words.rest) < 2:
        raise usage("Wrong number of arguments")
    machine = await awake(call, words.rest[0])
    script = shlex.join(words.rest[1:])
    if "working-directory" in words:
        script = f"cd {shlex.quote(words.last('working-directory'))} && {script}"
    session = machine.session()
    return await session.run(script, call.out_sink, call.err_sink, stdin=call.stdin)


async def shell(call: Invocation, words: Words) -> int:
    """shell"""
    if len(words.rest) > 1:
        raise usage("Too many arguments supplied")
    chosen_timeout(words)
    name = words.rest[0] if words.rest else "primary"
    machine = await awake(call, name)
    if call.switch is not None:
        call.switch(machine.name)
        return 0
    script = (await call.read_stdin()).decode(errors="replace")
    if not script.strip():
        return 0
    return await machine.session().run(script, call.out_sink, call.err_sink)
