"""Sends changed requests to an application in this process, and judges what comes back."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from .mutations import Mutator, Request

SECONDS = 20.0
MOST_CPU = 3.0
"""Seconds for one request: what takes longer keeps everybody else waiting."""
ALLOWED = (501, 503)


@dataclass
class Findings:
    """What was sent, how it was answered, and what should not have been."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        answered = ", ".join(
            f"{count} x {status}" for status, count in sorted(self.statuses.items())
        )
        return f"{self.sent} requests; {answered}; {len(self.faults)} faults"


class Heard(logging.Handler):
    """The tracebacks in the log: to show them with the request that made them."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += "\n" + "".join(traceback.format_exception(record.exc_info[1])[-4:])
        self.lines.append(text)


async def fuzz(
    app: Any,
    corpus: list[Request],
    mutator: Mutator,
    count: int,
    headers: dict[str, str],
    *,
    may_fail: Callable[[httpx.Response], bool] = lambda answer: False,
) -> Findings:
    """Send ``count`` changed requests of the corpus, one after another."""
    diagnostics, heard = Findings(), Heard()
    logging.getLogger().addHandler(heard)
    transport = httpx.ASGITransport(app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
            for _ in range(count):
                request = mutator(mutator.random.choice(corpus))
                heard.lines.clear()
                await _send(client, request, headers, diagnostics, heard, may_fail)
    finally:
        logging.getLogger().removeHandler(heard)
    return diagnostics


async def _send(
    client: httpx.AsyncClient,
    request: Request,
    headers: dict[str, str],
    diagnostics: Findings,
    heard: Heard,
    may_fail: Callable[[httpx.Response], bool],
) -> None:
    given = {**headers, **dict(request.headers)}
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in given.items()]
    diagnostics.sent += 1
    started = time.process_time()
    try:
        answer = await asyncio.wait_for(
            client.request(request.method, request.url(), content=request.content(), headers=raw),
            SECONDS,
        )
    except (httpx.InvalidURL, UnicodeError, httpx.UnsupportedProtocol):
        return  # the client itself does not send it
    except TimeoutError:
        diagnostics.faults.append(f"no answer in {SECONDS:.0f} s: {request.curl()}")
        return
    except Exception as error:
        where = "".join(traceback.format_exception(error)[-3:])
        diagnostics.faults.append(f"{request.curl()}\n{where}")
        return
    if (took := time.process_time() - started) > MOST_CPU:
        diagnostics.faults.append(f"{took:.1f} s of CPU: {request.curl()}")
    diagnostics.statuses[answer.status_code] += 1
    bad = answer.status_code >= 500 and answer.status_code not in ALLOWED and not may_fail(answer)
    if bad or not _readable(answer):
        said = "\n".join(heard.lines)
        diagnostics.faults.append(
            f"{answer.status_code} {answer.text[:300]}: {request.curl()}\n{said}"
        )


def _readable(answer: httpx.Response) -> bool:
    """What calls itself JSON is JSON, and strictly so."""
    if answer.headers.get("content-type", "") != "application/json" or not answer.content:
        return True
    try:
        json.loads(answer.content.decode(), parse_constant=_refuse)
    except ValueError:
        # A watch is many documents.
        return all(_is_json(line) for line in answer.content.splitlines() if line.strip())
    return True


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _refuse(name: str) -> Any:
    raise ValueError(name)
