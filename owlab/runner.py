"""Carries steps out: check, commands, check; the graph in parallel; events out."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TypeVar

from owlab.command import HOST, Result
from owlab.diagnosis import diagnose
from owlab.errors import (
    CheckFailed,
    CommandError,
    CommandTimeout,
    LabError,
    NameTaken,
    StepError,
)
from owlab.events import Event, Kind
from owlab.lab import Lab, describe
from owlab.language import _
from owlab.step import Check, Step, StepResult, all_of

AT_ONCE = 4
"""Units of work side by side: Multipass serialises much more than that anyway."""

Unit = tuple[Step, str]
_T = TypeVar("_T")


@dataclass
class Summary:
    """What a run did: the steps that changed something, and those that were done already."""

    ran: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def changed(self) -> bool:
        """Whether anything was done at all."""
        return bool(self.ran)


@dataclass(frozen=True)
class _Outcome:
    check: Check
    changed: bool
    results: tuple[Result, ...] = ()


def perform(
    lab: Lab, step: Step, as_offered: Callable[[Step], Step] = lambda step: step
) -> StepResult:
    """Carry out one step on all its machines.

    :param as_offered: what a step that it needs is with what the lab's provider offers.
    :raises StepError: a step that it needs is not done, or it failed.
    """
    started = time.monotonic()
    with lab.folder.busy():
        units = [(step, machine) for machine in step.where(lab.config)]
        checks = _together(lab, units, lambda unit: unit[0].check(lab, unit[1]))
        if not all_of(checks).done:
            _require(lab, step, as_offered)
        seen = dict(zip(units, checks, strict=True))
        outcomes = _together(lab, units, lambda unit: _carry_out(lab, *unit, seen[unit]))
    return StepResult(
        step,
        all_of(outcome.check for outcome in outcomes),
        any(outcome.changed for outcome in outcomes),
        time.monotonic() - started,
        tuple(result for outcome in outcomes for result in outcome.results),
    )


def perform_all(lab: Lab, steps: Sequence[Step], *, new: bool) -> Summary:
    """Carry out these steps, those that others need first.

    Steps that do not need one another run side by side. After a failure or an interruption,
    what is under way ends, nothing new starts, and the next call continues.

    :param new: the lab has no machine yet, so that no step on one needs a look before it.
    """
    started = time.monotonic()
    summary = Summary()
    chosen = {step.key: step for step in steps}
    graph: TopologicalSorter[Unit] = TopologicalSorter()
    for step in steps:
        before = list(_units_before(lab, step, chosen))
        for machine in step.where(lab.config):
            graph.add((step, machine), *before)
    graph.prepare()
    with lab.folder.busy():
        for (step, _machine), outcome in _walk(lab, graph, new):
            names = summary.ran if outcome.changed else summary.skipped
            if step.key not in names:
                names.append(step.key)
    summary.skipped = [key for key in summary.skipped if key not in summary.ran]
    summary.seconds = time.monotonic() - started
    return summary


def _units_before(lab: Lab, step: Step, chosen: Mapping[str, Step]) -> Iterable[Unit]:
    """What has to be done first. A step that concerns no machine stands for what it needs itself:
    where there are no workers, what waits for them waits for the master."""
    for needed in (chosen[need.key] for need in step.needs if need.key in chosen):
        places = needed.where(lab.config)
        yield from ((needed, place) for place in places)
        if not places:
            yield from _units_before(lab, needed, chosen)


def _walk(lab: Lab, graph: TopologicalSorter[Unit], new: bool) -> Iterable[tuple[Unit, _Outcome]]:
    """Every unit of the graph, as it ends."""
    running: dict[Future[_Outcome], Unit] = {}
    with _Threads(lab) as pool:
        while graph.is_active():
            for unit in graph.get_ready():
                missing = Check() if new and unit[1] != HOST else None
                running[pool.submit(_carry_out, lab, *unit, missing)] = unit
            ended, _running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                unit = running.pop(future)
                yield unit, future.result()
                graph.done(unit)


def _together(lab: Lab, units: list[Unit], work: Callable[[Unit], _T]) -> list[_T]:
    """Do the same for several units side by side; answers in their order."""
    with _Threads(lab) as pool:
        return [future.result() for future in [pool.submit(work, unit) for unit in units]]


class _Threads:
    """Threads that are told to stop when the caller is interrupted or one of them fails."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="owlab")

    def __enter__(self) -> ThreadPoolExecutor:
        return self._pool

    def __exit__(self, kind: type[BaseException] | None, *more: object) -> None:
        """Waits for what is under way. Ctrl-C ends it, also when it is pressed here, or again."""
        interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        again = False
        self._pool.shutdown(wait=False, cancel_futures=kind is not None)
        while True:
            try:
                if interrupted:
                    self._lab.shell.cancel()
                self._pool.shutdown(wait=True)
                break
            except KeyboardInterrupt:
                interrupted = again = True
        self._lab.shell.resume()
        if again:
            raise KeyboardInterrupt


def _require(lab: Lab, step: Step, as_offered: Callable[[Step], Step]) -> None:
    """Refuse a step whose needs are not done, and say which comes first."""
    for needed in map(as_offered, step.needs):
        check = needed.state(lab)
        if not check.done:
            raise StepError(
                brief=_("{step}: do {needed} first.").format(
                    step=step.heading, needed=needed.heading
                ),
                details=check.why,
                resolution=_("Run {key}(lab), or `owlab up --to {section}`.").format(
                    key=needed.key, section=needed.section
                ),
            )


def _carry_out(lab: Lab, step: Step, machine: str, before: Check | None = None) -> _Outcome:
    """Check (unless it was just checked), commands, check, for one step on one machine."""
    started = time.monotonic()

    def tell(kind: Kind, text: str = "") -> None:
        lab.emit(Event(kind, step.key, machine, text=text, seconds=time.monotonic() - started))

    tell("step-started", step.title)
    try:
        before = step.check(lab, machine) if before is None else before
        if before.done:
            tell("step-skipped", before.why)
            return _Outcome(before, changed=False)
        results = []
        lab.folder.add_carried_out(step.key, machine)
        commands = step.commands(lab, machine)
        for command in commands:
            try:
                result = lab.run(command, step.key)
            except CommandTimeout as late:
                raise _too_late(lab, step, machine, late) from None
            except NameTaken as taken:
                # So that the step forgets what it had taken for its own.
                if isinstance(commands, Generator):
                    commands.throw(taken)
                raise
            results.append(result)
            if not result:
                raise _failure(lab, step, machine, result)
        after = _until_done(lab, step, machine, lambda text: tell("step-waiting", text))
    except LabError as error:
        tell("step-failed", str(error))
        raise
    except KeyboardInterrupt:
        tell("step-failed", _("interrupted"))
        raise
    tell("step-done", after.why)
    return _Outcome(after, changed=True, results=tuple(results))


def _until_done(lab: Lab, step: Step, machine: str, tell: Callable[[str], None]) -> Check:
    limit = time.monotonic() + step.deadline
    pause, said = 0.1, ""
    while True:
        check = step.check(lab, machine)
        if check.done:
            return check
        if time.monotonic() >= limit:
            raise CheckFailed(
                brief=_(
                    "{step} on {machine}: its commands ran, but after "
                    "{deadline:.0f} s it is still not done."
                ).format(step=step.heading, machine=machine, deadline=step.deadline),
                details=f"{check.why}\n{diagnose(lab, step, machine)}".rstrip(),
                resolution=_("Look at what the check saw, correct it, and run the step again."),
            )
        if check.why != said:
            said = check.why
            tell(said)
        time.sleep(pause)
        pause = min(pause * 1.5, 5.0)


def _failure(lab: Lab, step: Step, machine: str, result: Result) -> CommandError:
    return CommandError(
        brief=_("{step} on {machine}: a command failed.").format(
            step=step.heading, machine=machine
        ),
        details=f"{describe(result)}\n{diagnose(lab, step, machine)}".rstrip(),
        resolution=_("Correct the cause and run the step again: what is done already stays done."),
    )


def _too_late(lab: Lab, step: Step, machine: str, late: CommandTimeout) -> CommandTimeout:
    seen = f"{late.details}\n{diagnose(lab, step, machine)}".strip()
    return CommandTimeout(
        brief=_("{step} on {machine}: {brief}").format(
            step=step.heading, machine=machine, brief=late.brief
        ),
        details=seen,
        resolution=late.resolution,
    )
