"""``owlab run``: the notebooks in order, and the truth about them."""

from __future__ import annotations

import shlex
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from owlab import language
from owlab.batch import course, evidence, parameters, report, summary
from owlab.batch.course import NotebookFile
from owlab.batch.evidence import ErrorRecord, NotebookOutcome
from owlab.batch.execute import Execution
from owlab.batch.kernel import Kernel
from owlab.batch.progress import Progress
from owlab.batch.summary import RunSummary
from owlab.errors import ConfigError
from owlab.language import _
from owlab.redact import redact

_TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What to run, and with what.

    :param parameters: by a notebook's parameter name or a lab's setting name; text is converted.
    :param first: the number of the first notebook, 0 if None. Not with ``resume``.
    :param last: the number of the last one, 7 if None; with ``resume``, the earlier run's.
    :param resume: go on with the lab's newest run below ``out``.
    :param out: where runs are kept.
    :param notebooks: the folder of the course; found when not given.
    :param config_file: a YAML file of settings; the lab keeps them, so a resumed run has them.
    :param language: of the course. None means the one that owlab speaks, or the earlier run's.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None
    resume: bool = False
    out: Path = Path("runs")
    notebooks: Path | None = None
    config_file: Path | None = None
    language: str | None = None


def run_course(options: RunOptions, progress: Progress | None = None) -> RunSummary:
    """Run the notebooks, and write one executed notebook each, ``summary.json``, ``report.html``.

    A notebook that fails ends the run: those after it build on it. Ctrl-C ends the running
    cell, writes everything, and returns a summary whose ``exit_code`` is 130.

    :raises ConfigError: a parameter is wrong; nothing was started.
    :raises BatchError: there is nothing to run, or no place to write to.
    """
    progress = progress or Progress()
    summary.mend(options.out)
    lab_name = options.parameters.get("lab_name")
    before = summary.latest(options.out, lab_name) if options.resume else None
    spoken = _language(options, before)
    known = course.find_notebooks(course.find_directory(options.notebooks, spoken))
    if before is not None:
        run = before
        values = _same_parameters(run, options.parameters)
        if options.first is not None:
            raise ConfigError(
                brief=_("A resumed run goes on where it stopped: it takes no --from."),
                resolution=_("Leave out --from, or start another run without --resume."),
            )
        run.last = run.last if options.last is None else options.last
        chosen = course.select(known, run.first, run.last)
    else:
        values = dict(options.parameters)
        first, last = options.first or 0, 7 if options.last is None else options.last
        chosen = course.select(known, first, last)
    plan = parameters.plan(values, chosen, known, options.config_file)
    if options.resume:
        kept = _still_proved(run, chosen)
        if run.status == "passed" and len(kept) == len(chosen):
            progress.note(
                _("The run in {directory} is complete: every notebook passed.").format(
                    directory=run.directory
                )
            )
            return run
        run.outcomes, run.status = kept, "running"
    else:
        run = RunSummary(summary.new_directory(options.out), first=first, last=last)
        run.language = spoken
        kept = []
    run.parameters = values
    run.resume_command = _resume_command(options, values)
    if spoken != language.current():
        language.choose(spoken)
    with summary.alone(run.directory):
        run.save()
        with _terminated_like_interrupted():
            _run_all(chosen, kept, plan, run, progress)
        run.finish()
        run.save()
        report.write(run, chosen)
    _say_how_it_ended(run, progress)
    return run


def _run_all(
    chosen: list[NotebookFile],
    kept: list[NotebookOutcome],
    plan: parameters.Plan,
    run: RunSummary,
    progress: Progress,
) -> None:
    if kept:
        progress.note(
            _("Going on in {directory}, after {name}.").format(
                directory=run.directory, name=kept[-1].name
            )
        )
    left = [notebook for notebook in chosen if notebook.name not in {done.name for done in kept}]
    kernels = [_kernel(notebook, plan, run) for notebook in left]
    try:
        for place, notebook in enumerate(left):
            if run.unfinished is not None:
                run.outcomes.append(
                    NotebookOutcome(notebook.name, "not run", digest=notebook.digest)
                )
                continue
            progress.start(notebook, len(chosen) - len(left) + place + 1, len(chosen))
            outcome = _run_one(notebook, plan, run, progress, kernels[place : place + 2])
            run.outcomes.append(outcome)
            run.save()
            progress.end(outcome)
    finally:
        for kernel in kernels:
            kernel.end()


def _kernel(notebook: NotebookFile, plan: parameters.Plan, run: RunSummary) -> Kernel:
    log = run.directory / f".{notebook.path.stem}.kernel.log"
    return Kernel(notebook.name, plan.environment[notebook.name], log)


def _run_one(
    notebook: NotebookFile,
    plan: parameters.Plan,
    run: RunSummary,
    progress: Progress,
    kernels: list[Kernel],
) -> NotebookOutcome:
    """Run one notebook in the first of these kernels; the others start meanwhile."""
    output = run.directory / notebook.path.name
    output.unlink(missing_ok=True)  # what an earlier attempt left is no proof of this one
    parameters_of = plan.by_notebook[notebook.name]
    execution = Execution(notebook, output, parameters_of, kernels[0], progress.cell)
    try:
        execution.start()
        for kernel in kernels[1:]:
            kernel.start_ahead()
        while not execution.wait(_TICK_SECONDS):
            progress.tick()
    except KeyboardInterrupt:
        progress.note(_("Stopping: the running cell is interrupted. The lab stays as it is."))
        execution.interrupt()
    outcome = evidence.examine(notebook, output, interrupted=execution.interrupted)
    if execution.failure is not None:
        _explain(outcome, execution.failure, kernels[0].log)
    return outcome


def _explain(outcome: NotebookOutcome, failure: BaseException, log: Path) -> None:
    """Papermill's own failure is the error where the notebook shows none."""
    if outcome.status == "passed":
        outcome.status = "failed"
    if outcome.status != "interrupted" and not any(cell.ran for cell in outcome.cells):
        outcome.error = ErrorRecord(
            -1,
            "",
            type(failure).__name__,
            _("No cell ran: the notebook's kernel did not start."),
            details=_last_words(failure, log),
            resolution=_("Is there enough memory, and room on the disk? `owlab doctor` looks."),
        )
    elif outcome.error is None or outcome.error.cell < 0:
        outcome.error = ErrorRecord(-1, "", type(failure).__name__, _last_words(failure))


def _last_words(failure: BaseException, log: Path | None = None) -> str:
    said = str(failure).strip().splitlines()[:1]
    with suppress(OSError):
        said += log.read_text("utf-8", "replace").strip().splitlines()[-1:] if log else []
    return redact("\n".join(said))


def _still_proved(run: RunSummary, chosen: list[NotebookFile]) -> list[NotebookOutcome]:
    """The notebooks at the start whose outputs still prove that they passed.

    Read again from the files: a summary may be older than an edited notebook.
    """
    kept = []
    for notebook in chosen:
        before = next((item for item in run.outcomes if item.name == notebook.name), None)
        if before is None or before.status != "passed" or before.digest != notebook.digest:
            break
        again = evidence.examine(notebook, run.directory / notebook.path.name)
        if again.status != "passed":
            break
        kept.append(again)
    return kept


def _same_parameters(run: RunSummary, given: Mapping[str, Any]) -> dict[str, Any]:
    """A resumed run keeps its parameters: half a course on one lab proves nothing of another."""
    other = {name: value for name, value in given.items() if run.parameters.get(name) != value}
    if other:
        raise ConfigError(
            brief=_("The run in {directory} has other parameters.").format(directory=run.directory),
            details="\n".join(
                _("{name}: it has {before!r}, asked for {value!r}").format(
                    name=name, before=run.parameters.get(name), value=value
                )
                for name, value in other.items()
            ),
            resolution=_(
                "Resume it with: {resume_command}\nOr start another, without --resume."
            ).format(resume_command=run.resume_command),
        )
    return dict(run.parameters)


def _language(options: RunOptions, before: RunSummary | None) -> str:
    """The language of this run; half a course in each would be no course."""
    if before is None:
        folder = options.notebooks.name if options.notebooks else ""
        return options.language or language.named(folder) or language.current()
    if options.language not in (None, before.language):
        raise ConfigError(
            brief=_("The run in {directory} is in another language: {language}.").format(
                directory=before.directory, language=before.language
            ),
            resolution=_("Resume it without --language, or start another, without --resume."),
        )
    return before.language


def _resume_command(options: RunOptions, values: Mapping[str, Any]) -> str:
    words = ["owlab", "run", "--resume"]
    if values.get("lab_name") is not None:
        words += ["--lab", str(values["lab_name"])]
    if options.out != Path("runs"):
        words += ["--out", str(options.out)]
    if options.notebooks is not None:
        words += ["--notebooks", str(options.notebooks)]
    return shlex.join(words)


def _say_how_it_ended(run: RunSummary, progress: Progress) -> None:
    passed, total = run.checks_passed
    stopped = run.unfinished
    if stopped is None:
        progress.note(
            _("All {count} notebooks ran, {passed} of {total} checks passed.").format(
                count=len(run.outcomes), passed=passed, total=total
            )
        )
    else:
        verb = (
            _("{name} was interrupted.") if stopped.status == "interrupted" else _("{name} failed.")
        )
        progress.note(f"\n{verb.format(name=stopped.name)}")
        if stopped.error is not None:
            where = (
                _("cell {cell}").format(cell=stopped.error.cell + 1)
                if stopped.error.cell >= 0
                else _("the notebook")
            )
            under = (
                _(", under {title!r}").format(title=stopped.error.title)
                if stopped.error.title
                else ""
            )
            progress.note(
                _("  In {where}{under}: {brief}").format(
                    where=where, under=under, brief=stopped.error.brief
                )
            )
            for part in (stopped.error.details, stopped.error.resolution):
                for line in part.splitlines()[-12:]:
                    progress.note(f"    {line}")
        progress.note(_("Go on with: {resume_command}").format(resume_command=run.resume_command))
    progress.note(_("Report:  {directory}").format(directory=run.directory / report.FILE))
    progress.note(_("Summary: {directory}").format(directory=run.directory / summary.FILE))


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """A polite termination also writes the summary and ends what was started.

    So does a terminal that is lost. Whoever treats these signals already, as the command line
    does, is left to it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    ours = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
