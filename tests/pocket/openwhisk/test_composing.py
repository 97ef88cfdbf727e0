"""Sequences and compositions step by step: a runner by hand in place of processes."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from owlab.pocket.openwhisk import composing
from owlab.pocket.openwhisk.activations import APPLICATION_ERROR, SUCCESS, Activation
from owlab.pocket.openwhisk.composing import compose, run_sequence
from owlab.pocket.openwhisk.entity_names import Identity
from owlab.pocket.openwhisk.refusals import WhiskError
from owlab.pocket.openwhisk.running import Runner

GUEST = Identity("guest", "u:k")
Code = Callable[[Any], Any]


class Hands:
    """Implements what of ``Runner`` is asked: actions are functions of this test."""

    def __init__(self, **actions: Code) -> None:
        self.actions, self.sequence_length = actions, 50
        self.calls: list[tuple[str, Any]] = []
        self.depths: list[int] = []
        self.kept: list[Activation] = []
        self.sizes: dict[str, int] = {}
        """How many actions ran for one, where it is a sequence itself."""

    def find(self, caller: Identity, path: str) -> Any:
        if path not in self.actions:
            raise WhiskError({"": 400, "/other/x": 403}.get(path, 404), "no")
        return SimpleNamespace(name=path)

    def begin(self, caller: Identity, found: Any, identifier: str, cause: str) -> Activation:
        return record(found.name, id=identifier, cause=cause)

    def _run(self, name: str, value: Any, step: Activation) -> None:
        self.calls.append((name, value))
        step.result = self.actions[name](value)
        step.end = step.start + 10 * len(self.calls)
        if isinstance(step.result, dict) and "error" in step.result:
            step.status = APPLICATION_ERROR

    async def action(self, caller: Identity, found: Any, payload: Any, **more: Any) -> Activation:
        assert (caller, more["transaction"]) == (GUEST, "t")
        self.depths.append(more["depth"])
        step = record(found.name, cause=more["cause"])
        step.actions = self.sizes.get(found.name, 1)
        self._run(found.name, payload, step)
        return step

    async def single(
        self, caller: Identity, found: Any, value: Any, step: Activation, transaction: str
    ) -> None:
        assert (caller, transaction) == (GUEST, "t")
        self._run(found.name, value, step)

    def keep(self, step: Activation) -> None:
        self.kept.append(step)


MEMORY = {"small": 128, "large": 512}


def record(name: str, **more: Any) -> Activation:
    limits = {"timeout": 60_000, "memory": MEMORY.get(name, 256), "logs": 10}
    return Activation("guest", name, "0.0.1", "guest", 1000, annotations={"limits": limits}, **more)


async def sequence(
    hands: Hands, *names: str, value: Any = None, depth: int = 0, cause: str | None = None
) -> Activation:
    whole = record("whole", id="whole", cause=cause)
    found = SimpleNamespace(document={"exec": {"components": list(names)}})
    await run_sequence(cast(Runner, hands), GUEST, cast(Any, found), value, whole, "t", depth)
    return whole


def double(value: Any) -> Any:
    return {"n": 2 * value["n"]}


@pytest.mark.parametrize(("now", "waited"), [(1250, 250), (1000, 0), (900, 0)])
async def test_each_gets_what_the_one_before_it_returned(
    monkeypatch: pytest.MonkeyPatch, now: int, waited: int
) -> None:
    monkeypatch.setattr(composing, "now_ms", lambda: now)
    hands = Hands(double=double, small=double, large=lambda value: [value])
    whole = await sequence(hands, "double", "small", "large", value={"n": 1})
    assert hands.calls == [("double", {"n": 1}), ("small", {"n": 2}), ("large", {"n": 4})]
    assert (whole.result, whole.status, whole.actions) == ([{"n": 4}], SUCCESS, 3)
    assert whole.duration == 10 + 20 + 30, "waiting in between does not count"
    assert len(whole.logs) == 3 and len(set(whole.logs)) == 3
    assert whole.end == now
    assert whole.annotations == {
        "waitTime": waited,
        "limits": {"timeout": 60_000, "memory": 512, "logs": 10},
        "topmost": True,
        "kind": "sequence",
    }


@pytest.mark.parametrize(("value", "given"), [(None, {}), (7, {}), ("x", {}), ([1], [1]), ({}, {})])
async def test_what_is_no_object_is_none(value: Any, given: Any) -> None:
    hands = Hands(echo=lambda value: {"ok": True})
    await sequence(hands, "echo", value=value)
    assert hands.calls == [("echo", given)]


async def test_a_step_that_fails_is_the_last() -> None:
    hands = Hands(bad=lambda value: {"error": "no"}, double=double)
    whole = await sequence(hands, "bad", "double", value={"n": 1})
    assert [name for name, _ in hands.calls] == ["bad"]
    assert (whole.result, whole.status) == ({"error": "no"}, APPLICATION_ERROR)
    assert (whole.actions, len(whole.logs)) == (1, 1)


@pytest.mark.parametrize(
    ("names", "length", "depth", "ran", "error"),
    [
        (["double", "none", "double"], 50, 0, 1, "Sequence component does not exist."),
        (["none"], 50, 0, 0, "Sequence component does not exist."),
        (["double"] * 3, 3, 0, 3, None),
        (["double"] * 3, 2, 0, 2, "Too many actions in the sequence."),
        (["double"] * 2, 3, 2, 1, "Too many actions in the sequence."),
        (["double", "none"], 1, 0, 1, "Sequence component does not exist."),
    ],
)
async def test_what_stops_a_sequence(
    names: list[str], length: int, depth: int, ran: int, error: str | None
) -> None:
    hands = Hands(double=double)
    hands.sequence_length = length
    whole = await sequence(hands, *names, value={"n": 1}, depth=depth)
    assert len(hands.calls) == ran
    assert whole.result == ({"error": error} if error else {"n": 2**ran})
    assert whole.status == (APPLICATION_ERROR if error else SUCCESS)
    assert whole.annotations["limits"]["memory"] == 256


async def test_sequences_within_sequences_count_all_their_actions() -> None:
    hands = Hands(inner=double, double=double)
    hands.sizes, hands.sequence_length = {"inner": 4}, 6
    whole = await sequence(hands, "inner", "double", "double", value={"n": 1}, depth=1, cause="c")
    assert hands.depths == [1, 5]
    assert whole.result == {"error": "Too many actions in the sequence."}
    assert whole.actions == 5
    assert whole.annotations["topmost"] is False
    assert whole.annotations["causedBy"] == "sequence"


# -- compositions ---------------------------------------------------------------------------


async def composition(hands: Hands, value: Any = None, depth: int = 0, **own: Any) -> Activation:
    whole = record("whole", id="whole")
    found = cast(Any, SimpleNamespace(name="lead", parameters=own))
    await compose(cast(Runner, hands), GUEST, found, value, whole, "t", depth)
    return whole


def script(*answers: Any) -> Code:
    left = list(answers)
    return lambda value: left.pop(0)


async def test_a_conductor_leads() -> None:
    lead = script(
        {"action": "double", "params": {"n": 1}, "state": {"$step": 1}},
        {"action": "double", "params": {"n": 5}, "state": 7},
        {"params": {"done": True}, "state": {"$step": 3}},
    )
    hands = Hands(lead=lead, double=double)
    whole = await composition(hands, {"n": 0}, own=9, n=8)
    assert hands.calls == [
        # Its own parameters, then what it is given, then what it wanted to remember.
        ("lead", {"own": 9, "n": 0}),
        ("double", {"n": 1}),
        ("lead", {"own": 9, "n": 2, "$step": 1}),
        ("double", {"n": 5}),
        ("lead", {"own": 9, "n": 10, "value": 7}),
    ]
    assert (whole.result, whole.status) == ({"done": True}, SUCCESS)
    assert (whole.actions, len(whole.logs)) == (2, 5), "conductors are not counted"
    assert whole.annotations["conductor"] is True and whole.annotations["kind"] == "sequence"
    assert [(one.cause, one.actions) for one in hands.kept] == [("whole", 0)] * 3
    assert all(one.annotations["causedBy"] == "sequence" for one in hands.kept)


@pytest.mark.parametrize(
    ("answer", "result", "status"),
    [
        ({"params": {"a": 1}}, {"a": 1}, SUCCESS),
        ({"params": 5}, {"value": 5}, SUCCESS),
        ({"params": None}, {"value": None}, SUCCESS),
        ({"a": 1}, {"a": 1}, SUCCESS),
        ({"state": {"a": 1}}, {"state": {"a": 1}}, SUCCESS),
        ([1, 2], [1, 2], SUCCESS),
        ({"error": "no"}, {"error": "no"}, APPLICATION_ERROR),
        ({"error": "no", "action": "double"}, {"error": "no", "action": "double"},
         APPLICATION_ERROR),
        ({"error": "no", "params": {"a": 1}}, {"a": 1}, APPLICATION_ERROR),
    ],
)  # fmt: skip
async def test_what_the_last_word_is(answer: Any, result: Any, status: int) -> None:
    hands = Hands(lead=lambda value: answer, double=double)
    whole = await composition(hands)
    assert (whole.result, whole.status) == (result, status)
    assert hands.calls == [("lead", {"value": None})]


@pytest.mark.parametrize(
    ("params", "given"),
    [({"params": {"a": 1}}, {"a": 1}), ({"params": [1]}, {"value": [1]}), ({}, {})],
)
@pytest.mark.parametrize(("gives", "told"), [({"b": 2}, {"b": 2}), ([3], {"value": [3]})])
async def test_what_an_action_gets_and_gives(
    params: Any, given: Any, gives: Any, told: Any
) -> None:
    hands = Hands(lead=script({"action": "x", **params}, {}), x=lambda value: gives)
    await composition(hands, {})
    assert hands.calls == [("lead", {}), ("x", given), ("lead", told)]


UNREAD = "Failed to parse action name from json value {} during composition."


@pytest.mark.parametrize(
    ("name", "error"),
    [
        (5, UNREAD.format("5")),
        (None, UNREAD.format("null")),
        ({"a": [1, 2]}, UNREAD.format('{"a":[1,2]}')),
        ("", UNREAD.format('""')),
        (
            "/other/x",
            "Failed entitlement check for action with name '/other/x' during composition.",
        ),
        ("none", "Failed to resolve action with name 'none' during composition."),
    ],
)
async def test_the_conductor_is_told_and_goes_on(name: Any, error: str) -> None:
    hands = Hands(lead=script({"action": name, "state": {"s": 1}}, {"params": {"ok": True}}))
    whole = await composition(hands, {})
    assert hands.calls == [("lead", {}), ("lead", {"error": error, "s": 1})]
    assert (whole.result, whole.actions) == ({"ok": True}, 0)


async def test_a_composition_that_is_too_long() -> None:
    hands = Hands(lead=lambda value: {"action": "double", "params": {"n": 1}}, double=double)
    hands.sequence_length = 2
    whole = await composition(hands, {})
    assert [name for name, _ in hands.calls] == ["lead", "double"] * 2 + ["lead"] * 3
    said = "Too many actions in the composition."
    assert hands.calls[-1] == ("lead", {"error": said})
    assert (whole.result, whole.status) == ({"error": said}, APPLICATION_ERROR)
    assert (whole.actions, len(whole.logs)) == (2, 7)


async def test_what_ran_before_counts_too() -> None:
    hands = Hands(lead=script({"action": "double", "params": {"n": 1}}, {}), double=double)
    hands.sequence_length = 4
    await composition(hands, {}, depth=3)
    assert hands.depths == [3]
    hands = Hands(lead=script({"action": "double", "params": {"n": 1}}, {}), double=double)
    hands.sequence_length = 4
    await composition(hands, {}, depth=4)
    assert hands.depths == []
