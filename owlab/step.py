"""What a step is: commands, what they need, a check with its evidence, undo, expectation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from owlab.command import HOST, Command, Result
from owlab.config import LabConfig
from owlab.language import _, aside, pair
from owlab.redact import redact

if TYPE_CHECKING:
    from owlab.lab import Lab


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was looked at: what, whether it is as wanted, and what was seen."""

    what: str
    ok: bool
    seen: str = ""

    @property
    def said(self) -> str:
        """Both in one line."""
        return pair(self.what, self.seen) if self.seen else self.what

    def __post_init__(self) -> None:
        # It is shown, logged and saved in many places: no secret gets as far as that.
        object.__setattr__(self, "seen", redact(self.seen))


@dataclass(frozen=True, slots=True)
class Check:
    """Whether something is done, and why one may say so."""

    evidence: tuple[Evidence, ...] = ()

    @property
    def done(self) -> bool:
        """Everything that was looked at is as wanted, and something was."""
        return bool(self.evidence) and all(item.ok for item in self.evidence)

    @property
    def why(self) -> str:
        """One sentence: the first thing that is missing, or all that is right."""
        missing = [item for item in self.evidence if not item.ok]
        shown = missing[:1] or list(self.evidence)
        return _("; ").join(item.said for item in shown)

    def __bool__(self) -> bool:
        return self.done


def all_of(checks: Iterable[Check]) -> Check:
    """One check of several."""
    return Check(tuple(item for check in checks for item in check.evidence))


CommandsOf = Callable[["Lab", str], Iterator[Command]]
CheckOf = Callable[["Lab", str], Check]
Places = Callable[[LabConfig], Sequence[str]]


def on_laptop(config: LabConfig) -> Sequence[str]:
    """Once, on the laptop."""
    return (HOST,)


def on_every_machine(config: LabConfig) -> Sequence[str]:
    """On each machine."""
    return [machine.name for machine in config.machines]


def on_nodes(config: LabConfig) -> Sequence[str]:
    """On each machine of the Kubernetes cluster."""
    return [machine.name for machine in config.machines if machine.is_node]


def on_workers(config: LabConfig) -> Sequence[str]:
    """On each worker."""
    return [machine.name for machine in config.machines if machine.role == "agent"]


def on_master(config: LabConfig) -> Sequence[str]:
    """On the machine with the control plane."""
    return [machine.name for machine in config.machines if machine.role == "server"]


def on_storage(config: LabConfig) -> Sequence[str]:
    """On the NFS server."""
    return [machine.name for machine in config.machines if machine.role == "storage"]


class Performs(Protocol):
    """A lab that carries out steps: :class:`owlab.guided.GuidedLab`."""

    def perform(self, step: Step, /) -> StepResult:
        """Carry it out on all its machines."""
        ...


@dataclass(frozen=True, eq=False)
class Step:
    """One numbered thing of the guide. Calling it with a lab carries it out.

    :param key: module and name, ``k3s.install_server``.
    :param section: the guide's number, ``1.3``.
    :param title: what it does, as an imperative, in English; :attr:`heading` is what is shown.
    :param commands: yields what a person would type on one machine. It executes nothing.
    :param check: is it done there, and what is the evidence? Read-only.
    :param where: the machines that it concerns; each is one unit of work.
    :param needs: the steps that must be done first.
    :param undo: yields the commands that take it back, where that makes sense.
    :param expect: what the guide shows after it.
    :param deadline: seconds that the check may take to become true after the commands.
    :param progress: one line on how far it is, for people who wait.
    :param diagnose: what to look at when it failed on a machine.
    """

    key: str
    section: str
    title: str
    commands: CommandsOf
    check: CheckOf
    where: Places
    needs: tuple[Step, ...] = ()
    undo: CommandsOf | None = None
    expect: str = ""
    deadline: float = 60
    progress: Callable[[Lab], str] | None = None
    diagnose: Callable[[Lab, str], str] | None = None

    @property
    def __name__(self) -> str:
        return self.key.rpartition(".")[2]

    @property
    def heading(self) -> str:
        """Section and title, in the language of the moment."""
        return f"{self.section} {_(self.title)}"

    def __repr__(self) -> str:
        return f"<step {self.section} {self.key}: {self.title}>"

    def __call__(self, lab: Performs) -> StepResult:
        """Carry the step out on all its machines; a step that is done does nothing and says so."""
        if not hasattr(lab, "perform"):
            raise TypeError(f"write {self.key}(lab), with a lab of owlab.Lab.open(); not {lab!r}")
        return lab.perform(self)

    def state(self, lab: Lab) -> Check:
        """Its check over all its machines; with none that it concerns, there is nothing to do."""
        machines = self.where(lab.config)
        if not machines:
            return Check((Evidence(_("no machine of this lab is concerned"), True),))
        return all_of(self.check(lab, machine) for machine in machines)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of carrying out one step.

    ``changed`` is False when its check was true beforehand and nothing was done.
    """

    step: Step
    check: Check
    changed: bool
    seconds: float
    results: tuple[Result, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        did = (
            _("done in {seconds:.1f} s").format(seconds=self.seconds)
            if self.changed
            else _("already done, nothing to do")
        )
        return pair(self.step.heading, aside(did, self.check.why))
