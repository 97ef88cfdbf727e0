"""`jobs`, `fg`, `bg`, `wait`, `kill`, `disown` at a terminal: what is not in its foreground."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from owlab.pocket.ground.failures import Farewell
from owlab.pocket.machines.signalling import deliver
from owlab.pocket.machines.signals import NAMES, listing, named
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.processes import processes
from owlab.pocket.shell.jobs import SUSPENDED, Job, JobTable

if TYPE_CHECKING:
    from owlab.pocket.shell.shell_session import ShellSession

STOP = frozenset({"STOP", "TSTP", "TTIN", "TTOU"})
HARMLESS = frozenset({"CONT", "CHLD", "URG", "WINCH"})
ENDS = {"KILL": "Killed", "INT": "Interrupt", "HUP": "Hangup", "QUIT": "Quit"}


def _session(call: Call) -> ShellSession:
    # Only a shell of this room runs these.
    return cast("ShellSession", call.session)


def _jobs(call: Call) -> JobTable:
    return _session(call).jobs


async def _no_such(call: Call, name: str, word: str) -> int:
    await call.err(f"bash: {name}: {word or 'current'}: no such job\n")
    return 1


@program("__owlab_jobs", machines="all")
async def jobs(call: Call) -> int:
    """List the jobs; ``-l`` with their pids, ``-p`` only those, ``-r`` running, ``-s`` stopped."""
    words = [word for word in call.argv if not word.startswith("-")]
    flags = "".join(word.lstrip("-") for word in call.argv if word.startswith("-"))
    if wrong := set(flags) - set("lnprs"):
        await call.err(
            f"bash: jobs: -{min(wrong)}: invalid option\n"
            "jobs: usage: jobs [-lnprs] [jobspec ...] or jobs -x command [args]\n"
        )
        return 2
    table = _jobs(call)
    chosen, status = table.listed(), 0
    if words:
        chosen = []
        for word in words:
            job = table.find(word)
            chosen += [job] if job is not None else []
            status = status if job is not None else await _no_such(call, "jobs", word)
    for job in chosen:
        if ("r" in flags and job.state != "Running") or ("s" in flags and not job.stopped):
            continue
        line = job.line(table.mark(job), pid="l" in flags)
        await call.out(f"{job.pid}\n" if "p" in flags else line)
    for job in chosen:
        if job.status is not None:
            table.forget(job)
    return status


@program("__owlab_fg", machines="all")
async def fg(call: Call) -> int:
    """Go on with a job in the foreground; Ctrl-C ends it, Ctrl-Z stops it again."""
    word = call.argv[0] if call.argv else ""
    job = _jobs(call).find(word if not word or word.startswith("%") else f"%{word}")
    if job is None:
        return await _no_such(call, "fg", word)
    await call.out(f"{job.text}\n")
    return await _watched(call, job)


async def _watched(call: Call, job: Job) -> int:
    session, table = _session(call), _jobs(call)
    job.stopping.clear()
    session.fronted = job
    await call.out(bytes(job.flow.printed))
    job.flow.printed.clear()
    job.flow.lead(call.out, call.err)
    job.go_on()
    stopping = asyncio.ensure_future(job.stopping.wait())
    try:
        await asyncio.wait({job.task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        table.forget(job)
        raise Farewell((await job.interrupt()).decode(errors="replace")) from None
    finally:
        stopping.cancel()
        session.fronted = None
    if not job.task.done():
        job.stop()
        table.touched(job)
        await call.out(f"\n{job.line()}")
        return SUSPENDED
    table.forget(job)
    return job.status or 0


@program("__owlab_bg", machines="all")
async def bg(call: Call) -> int:
    """Go on with a stopped job in the background."""
    status = 0
    for word in call.argv or [""]:
        job = _jobs(call).find(word if not word or word.startswith("%") else f"%{word}")
        if job is None:
            status = await _no_such(call, "bg", word)
        elif not job.stopped:
            await call.err(f"bash: bg: job {job.number} already in background\n")
        else:
            job.go_on()
            await call.out(f"[{job.number}]{_jobs(call).mark(job)} {job.text} &\n")
    return status


@program("__owlab_has_job", machines="all")
async def has_job(call: Call) -> int:
    """The words of `wait` mean jobs of the terminal."""
    words = [word for word in call.argv if not word.startswith("-")]
    table = _jobs(call)
    if not words:
        return 0 if "-n" in call.argv and table.listed() else 1
    known = {str(pid) for pid in table.statuses}
    return 0 if all(word in known or table.find(word) is not None for word in words) else 1


@program("__owlab_has_process", machines="all")
async def has_process(call: Call) -> int:
    """The words of `kill` mean what this room knows, or nothing at all."""
    words = [word for word in call.argv if not word.startswith("-") or word[1:].isdigit()]
    rows = {str(row.pid) for row in processes(call)}
    table = _jobs(call)
    if not words or set(call.argv) & {"-l", "-L", "-s", "-n"}:
        return 0
    return 0 if any(word in rows or table.find(word) is not None for word in words) else 1


@program("__owlab_wait", machines="all")
async def wait(call: Call) -> int:
    """Wait for jobs, or for all; ``-n`` for the next that ends. A stopped one is left out."""
    table = _jobs(call)
    words = [word for word in call.argv if not word.startswith("-")]
    if "-p" in call.argv:
        await call.err("bash: wait: -p: not at the pocket lab's prompt\n")
        return 2
    found = [table.find(word) for word in words] if words else table.listed()
    chosen = [job for job in found if job is not None and not job.stopped]
    if "-n" in call.argv and chosen:
        await asyncio.wait([job.task for job in chosen], return_when=asyncio.FIRST_COMPLETED)
        chosen = [next(job for job in chosen if job.task.done())]
    remembered = [table.statuses.get(int(word)) for word in words[-1:] if word.isdigit()]
    status = next((code for code in remembered if code is not None), 0)
    for job in chosen:
        await asyncio.wait([job.task])
        status = job.status or 0
        await call.out(bytes(job.flow.printed))
        job.flow.printed.clear()
        if words or "-n" in call.argv:
            table.forget(job)
    return status if words or "-n" in call.argv else 0


@program("__owlab_disown", machines="all")
async def disown(call: Call) -> int:
    """Let jobs outlive the terminal; ``-a`` all, ``-r`` the running ones, ``-h`` still listed."""
    table, status = _jobs(call), 0
    flags = "".join(word.lstrip("-") for word in call.argv if word.startswith("-"))
    words = [word for word in call.argv if not word.startswith("-")]
    chosen = [job for job in table.listed() if "r" not in flags or job.state == "Running"]
    if not set(flags) & {"a", "r"} or words:
        chosen = []
        for word in words or [""]:
            job = table.find(word)
            chosen += [job] if job is not None else []
            status = status if job is not None else await _no_such(call, "disown", word)
    for job in chosen:
        if "h" in flags:
            job.outlives = True
        else:
            table.forget(job, outlives=True)
    return status


USAGE = (
    "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n"
)


@program("__owlab_kill", machines="all")
async def kill(call: Call) -> int:
    """Send signals to jobs (``%1``) and processes; a unit's, systemd may start again."""
    words = list(call.argv)
    if words[:1] in (["-l"], ["-L"]):
        return await _list(call, words[1:])
    signal = "TERM"
    if words and words[0].startswith("-") and words[0] != "--":
        option = words.pop(0)
        given = (words.pop(0) if words else "") if option in ("-s", "-n") else option[1:]
        chosen = named(given)
        if chosen is None:
            await call.err(f"bash: kill: {given}: invalid signal specification\n")
            return 1
        signal = chosen
    words = words[1:] if words[:1] == ["--"] else words
    if not words:
        await call.err(USAGE)
        return 2
    status = 0
    for word in words:
        status = await _send(call, word, signal) or status
    return status


async def _list(call: Call, words: list[str]) -> int:
    if not words:
        await call.out(listing())
        return 0
    status = 0
    for word in words:
        # An exit status means the signal that it tells of.
        number = int(word) - 128 if word.isdigit() and int(word) > 128 else word
        name = named(str(number))
        if name is None:
            await call.err(f"bash: kill: {word}: invalid signal specification\n")
            status = 1
        else:
            await call.out(f"{name if word.isdigit() else NAMES[name]}\n")
    return status


async def _send(call: Call, word: str, signal: str) -> int:
    job = _jobs(call).find(word) if word.startswith("%") or word.isdigit() else None
    if job is not None and job.status is None:
        _signal(_jobs(call), job, signal)
        return 0
    if word.startswith("%"):
        await call.err(f"bash: kill: {word}: no such job\n")
        return 1
    if not word.lstrip("-").isdigit():
        await call.err(f"bash: kill: {word}: arguments must be process or job IDs\n")
        return 1
    row = next((one for one in processes(call) if str(one.pid) == word), None)
    if row is None:
        await call.err(f"bash: kill: ({word}) - No such process\n")
        return 1
    if why := await deliver(call.machine, row, signal, call.user, root=call.root):
        await call.err(f"bash: kill: ({word}) - {why}\n")
        return 1
    return 0


def signal(table: JobTable, pid: int, name: str) -> bool:
    """Send a signal to the job of a number; False where there is none."""
    job = table.find(str(pid))
    if job is None or job.status is not None:
        return False
    _signal(table, job, name)
    return True


def _signal(table: JobTable, job: Job, signal: str) -> None:
    if signal == "0":
        return
    if signal in STOP:
        job.stop()
        table.touched(job)
    elif signal in HARMLESS:
        if signal == "CONT":
            job.go_on()
    else:
        job.kill(ENDS.get(signal, "Terminated"), hard=signal == "KILL")


@program("__owlab_number", machines="all")
async def number(call: Call) -> int:
    """A signal's number."""
    name = named(call.argv[0]) if call.argv else None
    await call.out(f"{NAMES.get(name or '', 15)}\n")
    return 0
