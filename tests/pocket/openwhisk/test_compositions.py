"""Conductors: an action that says which one comes next."""

from __future__ import annotations

import pytest

from .conftest import Client

CONDUCTOR = [{"key": "conductor", "value": True}]
# The example of OpenWhisk's documentation, in our words: add one and tell, twice.
TRIPLE = """
function main(params) {
  switch (params.$step || 0) {
    case 0: delete params.$step; return {params, action: 'triple', state: {$step: 1}};
    case 1: delete params.$step; return {params, action: 'increment', state: {$step: 2}};
    case 2: delete params.$step; return {params};
  }
}
"""


@pytest.fixture
async def numbers(guest: Client) -> Client:
    await guest.action("triple", "function main({value}) { return {value: value * 3} }")
    await guest.action("increment", "function main({value}) { return {value: value + 1} }")
    await guest.action("c", TRIPLE, annotations=CONDUCTOR)
    return guest


async def test_a_composition_runs(numbers: Client) -> None:
    record = (await numbers.call("c", value=3)).json()
    assert record["response"]["result"] == {"value": 10}
    told = {pair["key"]: pair["value"] for pair in record["annotations"]}
    assert told["conductor"] is True and told["kind"] == "sequence" and told["topmost"] is True
    steps = [(await numbers.get(f"/activations/{i}")).json() for i in record["logs"]]
    assert [step["name"] for step in steps] == ["c", "triple", "c", "increment", "c"]
    assert all(step["cause"] == record["activationId"] for step in steps)
    assert record["duration"] == sum(step["duration"] for step in steps)


async def test_compositions_nest(numbers: Client) -> None:
    code = (
        "function main(p) { return p.done ? {params: {value: p.value}} "
        ": {action: 'c', params: p, state: {done: true}} }"
    )
    await numbers.action("outer", code, annotations=CONDUCTOR)
    assert (await numbers.call("outer", value=1)).json()["response"]["result"] == {"value": 4}


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("'missing'", "Failed to resolve action with name 'missing' during composition."),
        ("5", "Failed to parse action name from json value 5 during composition."),
        (
            "'/other/x'",
            "Failed entitlement check for action with name '/other/x' during composition.",
        ),
    ],
)
async def test_the_conductor_is_told_what_went_wrong(
    numbers: Client, action: str, sentence: str
) -> None:
    code = f"function main(p) {{ return p.error ? {{params: p}} : {{action: {action}}} }}"
    await numbers.action("c", code, annotations=CONDUCTOR)
    record = (await numbers.call("c")).json()
    assert record["response"]["result"] == {"error": sentence}


@pytest.mark.parametrize("limits", [{"sequence_length": 4, "invocations_per_minute": 1000}])
async def test_an_endless_composition_ends(numbers: Client) -> None:
    await numbers.action("e", "function main() { return {} }")
    await numbers.action("c", "function main(p) { return {action: 'e'} }", annotations=CONDUCTOR)
    record = (await numbers.call("c")).json()
    assert "Too many actions in the composition." in str(record["response"]["result"])
