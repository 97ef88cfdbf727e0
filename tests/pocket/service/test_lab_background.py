"""Work of the lab that outlives the command that asked for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from owlab.pocket.service.lab import PocketLab


async def test_what_fails_in_the_background_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lab = PocketLab(tmp_path)

    async def ends(error: Exception | None) -> None:
        await asyncio.sleep(0)
        if error is not None:
            raise error

    works = [
        asyncio.ensure_future(ends(error)) for error in (ValueError("no disk"), None, KeyError("k"))
    ]
    works.append(asyncio.ensure_future(asyncio.sleep(600)))
    for work in works:
        lab.background(work)
    assert lab._tasks == set(works)
    works[-1].cancel()
    await asyncio.wait(works)
    await asyncio.sleep(0)
    assert lab._tasks == set()
    told = [record.getMessage() for record in caplog.records]
    assert told == ["background work failed: no disk", "background work failed: 'k'"]
