"""The head of an answer travels with its body."""

from __future__ import annotations

import asyncio
from typing import Any

from owlab.pocket.service.coalesced_writes import CoalescingTransport

HEAD, BODY = b"HTTP/1.1 200 OK\r\n\r\n", b"body"


class Sent:
    """A transport that notes what is sent."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.log.append(data)

    def write_eof(self) -> None:
        self.log.append("eof")

    def close(self) -> None:
        self.log.append("closed")
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def get_extra_info(self, name: str) -> str:
        return f"the {name}"


def made() -> tuple[Any, Sent]:
    sent = Sent()
    return CoalescingTransport(sent, asyncio.get_running_loop()), sent  # type: ignore[arg-type]


async def test_a_head_waits_for_its_body() -> None:
    together, sent = made()
    together.write(HEAD)
    assert sent.log == []
    together.write(BODY)
    together.writelines([b"m", b"ore"])
    assert sent.log == [HEAD + BODY, b"more"]
    await asyncio.sleep(0)
    assert sent.log == [HEAD + BODY, b"more"]


async def test_it_waits_for_one_turn_at_most() -> None:
    together, sent = made()
    together.write(HEAD)
    await asyncio.sleep(0)
    assert sent.log == [HEAD]
    together.write(BODY)
    assert sent.log == [HEAD, BODY]


async def test_two_heads_stay_in_order() -> None:
    together, sent = made()
    together.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    together.write(HEAD)
    assert b"".join(sent.log) == b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD


async def test_nothing_is_lost_at_the_end() -> None:
    for end, told in (("close", "closed"), ("write_eof", "eof")):
        together, sent = made()
        together.write(HEAD)
        getattr(together, end)()
        assert sent.log == [HEAD, told]
        await asyncio.sleep(0)
        assert sent.log == [HEAD, told]


async def test_it_is_the_connection_otherwise() -> None:
    together, _ = made()
    assert together.get_extra_info("peername") == "the peername"
