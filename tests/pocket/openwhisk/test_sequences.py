"""Sequences: what they may consist of, and what becomes of them."""

from __future__ import annotations

from .conftest import Client

ECHO = "function main(args) { return args }"


def sequence(*names: str) -> dict[str, object]:
    return {"exec": {"kind": "sequence", "components": [f"/_/{name}" for name in names]}}


async def test_a_cycle_through_a_binding_is_refused(guest: Client) -> None:
    await guest.put("/packages/p", json={})
    await guest.put("/packages/b", json={"binding": {"namespace": "_", "name": "p"}})
    await guest.action("p/s", ECHO)
    answer = await guest.put("/actions/p/s?overwrite=true", json=sequence("b/s"))
    assert answer.status_code == 400
    assert answer.json()["error"] == "Sequence may not refer to itself."
    # And through another sequence.
    assert (await guest.put("/actions/t", json=sequence("b/s"))).status_code == 200
    answer = await guest.put("/actions/p/s?overwrite=true", json=sequence("t"))
    assert answer.json()["error"] == "Sequence may not refer to itself."
