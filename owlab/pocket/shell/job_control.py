"""`jobs`, `fg`, `bg`, `wait` and `kill` at a terminal, for what runs in its background."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from owlab.pocket.programs import units
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.processes import processes
from owlab.pocket.shell.jobs import Job, JobTable

if TYPE_CHECKING:
    from owlab.pocket.shell.shell_session import ShellSession


def _jobs(call: Call) -> JobTable:
    # Only a shell of this room runs these.
    return cast("ShellSession", call.session).jobs


@program("__owlab_jobs", machines="all")
async def jobs(call: Call) -> int:
    """List the jobs; ``-l`` with their numbers, ``-p`` only those."""
    listed = _jobs(call).listed()
    flags = "".join(word.lstrip("-") for word in call.argv)
    for job in listed:
        line = job.line(current=job is listed[-1])
        if "p" in flags:
            line = f"{job.pid}\n"
        elif "l" in flags:
            line = line.replace("  ", f" {job.pid} ", 1)
        await call.out(line)
    return 0


@program("__owlab_fg", machines="all")
async def fg(call: Call) -> int:
    """Wait for a job in the foreground; Ctrl-C ends it."""
    job = _jobs(call).find(call.argv[0] if call.argv else "")
    if job is None:
        await call.err(f"bash: fg: {call.argv[0] if call.argv else 'current'}: no such job\n")
        return 1
    await call.out(f"{job.text}\n")
    return await _watched(call, job)


async def _watched(call: Call, job: Job) -> int:
    try:
        while not job.task.done():
            await asyncio.wait([job.task], timeout=0.1)
            await _passed_on(call, job)
    except asyncio.CancelledError:
        job.session.kill()
        raise
    await _passed_on(call, job)
    status = job.status
    _jobs(call).ended()
    return status if status is not None else 0


async def _passed_on(call: Call, job: Job) -> None:
    if job.printed:
        data = bytes(job.printed)
        job.printed.clear()
        await call.out(data)


@program("__owlab_bg", machines="all")
async def bg(call: Call) -> int:
    """They run in the background already."""
    job = _jobs(call).find(call.argv[0] if call.argv else "")
    if job is None:
        await call.err(f"bash: bg: {call.argv[0] if call.argv else 'current'}: no such job\n")
        return 1
    await call.err(f"bash: bg: job {job.number} already in background\n")
    return 0


@program("__owlab_wait", machines="all")
async def wait(call: Call) -> int:
    """Wait for one job, or for all."""
    word = call.argv[0] if call.argv else ""
    chosen = [_jobs(call).find(word)] if word else _jobs(call).listed()
    status = 0
    for job in chosen:
        if job is None:
            await call.err(f"bash: wait: {word}: no such job\n")
            return 127
        await asyncio.wait([job.task])
        status = job.status or 0
    return status if word else 0


@program("__owlab_kill", machines="all")
async def kill(call: Call) -> int:
    """End jobs (``%1``) and processes by their number; a unit's, systemd may start again."""
    words = [word for word in call.argv if not word.startswith("-")]
    if call.argv[:1] == ["-l"]:
        await call.out(" 1) SIGHUP\t 2) SIGINT\t 9) SIGKILL\t15) SIGTERM\n")
        return 0
    if not words:
        await call.err(
            "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l "
            "[sigspec]\n"
        )
        return 2
    status = 0
    for word in words:
        job = _jobs(call).find(word)
        row = next((one for one in processes(call) if str(one.pid) == word), None)
        asks = "-0" in call.argv
        if job is not None and (word.startswith("%") or str(job.pid) == word):
            if not asks:
                job.session.kill()
        elif row is None:
            what = "no such job" if word.startswith("%") else "No such process"
            shown = word if word.startswith("%") else f"({word})"
            await call.err(f"bash: kill: {shown}{' -' if '(' in shown else ':'} {what}\n")
            status = 1
        elif not call.root and row.user != call.user:
            await call.err(f"bash: kill: ({word}) - Operation not permitted\n")
            status = 1
        elif row.unit and not asks:
            await units.stop(call, row.unit)
            if row.unit in ("k3s", "k3s-agent", "ssh"):
                await units.start(call, row.unit)
            call.fleet.changed(call.machine)
    return status
