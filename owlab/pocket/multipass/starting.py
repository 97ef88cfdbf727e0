"""``multipass start``, which makes the primary instance where there is none."""

from __future__ import annotations

import asyncio

from owlab.pocket.machines.fleet import DELETED
from owlab.pocket.machines.refusals import Refused, several
from owlab.pocket.multipass.invocation import Invocation
from owlab.pocket.multipass.launch import launch
from owlab.pocket.multipass.options import VerbArguments
from owlab.pocket.multipass.primary import named_or_all, primary_name
from owlab.pocket.multipass.spinner import spinner
from owlab.pocket.multipass.verbs import chosen_timeout, within


async def start(call: Invocation, words: VerbArguments) -> int:
    """start"""
    chosen_timeout(words)
    main = primary_name(call)
    names = list(dict.fromkeys(words.rest or [main]))
    if "all" in words or not any(names):
        machines = named_or_all(call, words)
    else:
        machines = []
        wrong = []
        for name in names:
            machine = call.lab.fleet.machines.get(name)
            if machine is None and name == main:
                continue
            if machine is None or machine.is_host:
                wrong.append(f"Instance '{name}' does not exist.")
            elif machine.status == DELETED:
                wrong.append(
                    f"Instance '{name}' is deleted. Use 'recover' to recover it or 'purge' to "
                    "permanently delete it."
                )
            else:
                machines.append(machine)
        if wrong:
            raise Refused("instance(s) missing", "\n".join(wrong))
    for machine in machines:
        if machine.status == "Suspending":
            raise several([f"Cannot start the instance '{machine.name}' while suspending."])
    if machines:
        async with spinner(call, "Starting " + ", ".join(machine.name for machine in machines)):
            work = asyncio.gather(*(call.lab.fleet.start(machine) for machine in machines))
            await within(call, words, "Timed out waiting for instance to start.", work)
    if main in names and main not in call.lab.fleet.machines and "all" not in words:
        await launch_primary(call, words)
    return 0


async def launch_primary(call: Invocation, words: VerbArguments) -> None:
    """Make the primary instance, as ``launch`` without words would, but for its name."""
    patience = {"timeout": words.values["timeout"]} if "timeout" in words else {}
    await launch(call, VerbArguments({"name": [primary_name(call)], **patience}))
