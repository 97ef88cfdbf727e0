"""Everything that owlab raises on purpose.

LabError                what happened, what was seen, what to do
├── ConfigError         a setting that cannot be (also a ValueError)
├── DamagedFolder       a file of the lab that cannot be read
├── CommandError        a command that ended badly
│   └── CommandTimeout  a command that did not end in time (also a TimeoutError)
├── MachineError        a machine that is missing, stopped or unreachable
│   └── ProviderError   Multipass, ssh or the pocket lab itself is not usable
├── StepError           a step that could not be carried out
│   └── CheckFailed     its commands ran, and the check still says no
└── BatchError          a notebook run that failed
"""

from __future__ import annotations

from dataclasses import dataclass

from owlab.redact import redact


@dataclass(eq=True)
class LabError(Exception):
    """An expected failure.

    :param brief: what happened, one sentence.
    :param details: what was seen: output, states, values. Secrets are redacted here.
    :param resolution: what to do next.
    """

    brief: str
    details: str = ""
    resolution: str = ""

    def __post_init__(self) -> None:
        self.brief, self.details = redact(self.brief), redact(self.details)

    # A dataclass with eq=True loses its hash, and exceptions are hashed by traceback printers.
    __hash__ = Exception.__hash__

    def __str__(self) -> str:
        return "\n".join(part for part in (self.brief, self.details, self.resolution) if part)


class ConfigError(LabError, ValueError):
    """A setting that is unknown, of the wrong type, or impossible."""


class DamagedFolder(LabError):
    """A file in which a lab remembers something cannot be read."""


class CommandError(LabError):
    """A command ended with an exit status that is not zero."""


class CommandTimeout(CommandError, TimeoutError):
    """A command did not end within its deadline."""


class MachineError(LabError):
    """A machine is missing, stopped, or does not answer."""


class NameTaken(MachineError):
    """A machine of that name exists, and it is not the one that was to be made."""


class ProviderError(MachineError):
    """The provider of machines itself cannot be used."""


class StepError(LabError):
    """A step could not be carried out."""


class CheckFailed(StepError):
    """A step's commands ran, and its check still says that it is not done."""


class BatchError(LabError):
    """A run of notebooks failed."""
