"""The servers of a lab, which wait most of the time."""

from __future__ import annotations

import asyncio

import uvicorn

from owlab.pocket.service.servers import Server


async def _nothing(scope: object, receive: object, send: object) -> None:
    """An application that nobody asks."""


class WatchedServer(Server):
    """One that counts how often it looked whether it is to end."""

    looks = 0

    async def on_tick(self, counter: int) -> bool:
        self.looks += 1
        return await super().on_tick(counter)


async def test_a_server_that_waits_does_not_look_around_all_the_time():
    server = WatchedServer(uvicorn.Config(_nothing))
    waits = asyncio.create_task(server.main_loop())
    await asyncio.sleep(0.35)  # uvicorn's own loop looks four times meanwhile
    server.end()
    await waits
    assert server.looks <= 2


async def test_a_server_that_is_told_to_end_does_so_at_once():
    server = WatchedServer(uvicorn.Config(_nothing))
    waits = asyncio.create_task(server.main_loop())
    await asyncio.sleep(0)
    server.end(force=True)
    for _ in range(10):  # turns of the loop, not seconds
        await asyncio.sleep(0)
    assert waits.done()
    assert server.force_exit
