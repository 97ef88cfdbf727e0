"""What runs other actions: sequences, and compositions, which a conductor action leads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from owlab.pocket.openwhisk.activations import APPLICATION_ERROR, Activation, new_id
from owlab.pocket.openwhisk.refusals import WhiskError
from owlab.pocket.openwhisk.store import now_ms

if TYPE_CHECKING:
    from owlab.pocket.openwhisk.actions import ResolvedAction
    from owlab.pocket.openwhisk.entity_names import Identity
    from owlab.pocket.openwhisk.running import Runner

NOT_FOUND = "Sequence component does not exist."
TOO_LONG = "Too many actions in the sequence."
COMPOSITION_TOO_LONG = "Too many actions in the composition."


class Account:
    """What the parts of a sequence or a composition add up to."""

    def __init__(self, activation: Activation) -> None:
        self._activation = activation
        self._began = now_ms()
        self.duration = self.memory = self.actions = 0

    def add(self, step: Activation) -> None:
        """A part has ended."""
        self._activation.logs.append(step.id)
        self.duration += step.duration
        self.memory = max(self.memory, int(step.annotations["limits"]["memory"]))
        self.actions += step.actions

    def close(self) -> None:
        """The whole has."""
        whole = self._activation
        whole.end, whole.spent, whole.actions = now_ms(), self.duration, self.actions
        limits = dict(whole.annotations["limits"])
        if self.memory:
            limits["memory"] = self.memory
        whole.annotations |= {"limits": limits, "topmost": whole.cause is None}
        whole.annotations |= {"kind": "sequence", "waitTime": max(0, self._began - whole.start)}
        if whole.cause is not None:
            whole.annotations["causedBy"] = "sequence"


async def run_sequence(
    runner: Runner,
    caller: Identity,
    found: ResolvedAction,
    value: object,
    activation: Activation,
    transaction: str,
    depth: int,
) -> None:
    """One action after another, each with what the one before it returned."""
    account = Account(activation)
    result = value
    for component in found.document["exec"]["components"]:
        problem = TOO_LONG if depth + account.actions >= runner.sequence_length else None
        try:
            inner = runner.find(caller, component)
        except WhiskError:
            problem = NOT_FOUND
        if problem:
            activation.status, result = APPLICATION_ERROR, {"error": problem}
            break
        given = result if isinstance(result, dict | list) else {}
        step = await runner.action(
            caller,
            inner,
            given,
            cause=activation.id,
            transaction=transaction,
            depth=depth + account.actions,
        )
        account.add(step)
        activation.status, result = step.status, step.result
        if not step.succeeded:
            break
    activation.result = result
    account.close()


async def compose(
    runner: Runner,
    caller: Identity,
    found: ResolvedAction,
    value: object,
    activation: Activation,
    transaction: str,
    depth: int,
) -> None:
    """The conductor says which action comes next, is told its result, and so on."""
    account, conductors = Account(activation), 0
    payload, state = value, dict[str, Any]()
    while True:
        conductors += 1
        if conductors > 2 * runner.sequence_length + 1:
            activation.status = APPLICATION_ERROR
            activation.result = {"error": COMPOSITION_TOO_LONG}
            break
        step = await _conduct(runner, caller, found, payload, state, activation, transaction)
        account.add(step)
        told = step.result if isinstance(step.result, dict) else {}
        params = _boxed(told["params"]) if "params" in told else None
        state = _boxed(told["state"]) if "state" in told else {}
        if "action" not in told or not step.succeeded:
            activation.status = step.status
            activation.result = step.result if params is None else params
            break
        payload = await _component(
            runner, caller, told["action"], params, activation, transaction, account, depth
        )
    account.close()
    activation.annotations["conductor"] = True


def _boxed(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"value": value}


async def _conduct(
    runner: Runner,
    caller: Identity,
    found: ResolvedAction,
    payload: object,
    state: dict[str, Any],
    whole: Activation,
    transaction: str,
) -> Activation:
    """One call of the conductor action itself, with a record of its own."""
    step = runner.begin(caller, found, new_id(), whole.id)
    step.annotations["causedBy"] = "sequence"
    given = found.parameters | _boxed(payload) | state
    await runner.single(caller, found, given, step, transaction)
    step.actions = 0
    runner.keep(step)
    return step


async def _component(
    runner: Runner,
    caller: Identity,
    name: object,
    params: dict[str, Any] | None,
    whole: Activation,
    transaction: str,
    account: Account,
    depth: int,
) -> Any:
    """Run what the conductor named; problems are told to the conductor."""
    if not isinstance(name, str):
        text = json.dumps(name, separators=(",", ":"))
        return {"error": f"Failed to parse action name from json value {text} during composition."}
    if depth + account.actions >= runner.sequence_length:
        return {"error": COMPOSITION_TOO_LONG}
    try:
        inner = runner.find(caller, name)
    except WhiskError as error:
        if error.status == 400:
            text = json.dumps(name)
            sentence = f"Failed to parse action name from json value {text} during composition."
        elif error.status == 403:
            sentence = f"Failed entitlement check for action with name '{name}' during composition."
        else:
            sentence = f"Failed to resolve action with name '{name}' during composition."
        return {"error": sentence}
    step = await runner.action(
        caller,
        inner,
        {} if params is None else params,
        cause=whole.id,
        transaction=transaction,
        depth=depth + account.actions,
    )
    account.add(step)
    return step.result if isinstance(step.result, dict) else {"value": step.result}
