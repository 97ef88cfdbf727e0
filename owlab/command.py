"""What a step wants typed, and what came of it. Values: nothing here executes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from owlab.redact import redact

HOST = "host"
"""The name of the laptop wherever a machine's name is expected."""


_PLACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Variable:
    """A shell variable that a command uses, and the command that yields its value.

    The value is read each time it is needed, so an address that changed is never stale.
    In an exported script it becomes ``NAME=$(source)``.
    """

    name: str
    source: Command
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """Exactly what a person would type, and where.

    :param text: bash, as typed; may use the variables as ``${NAME}``.
    :param on: a machine's name, or :data:`HOST` for the laptop.
    :param variables: read on the laptop before, and given to the command's environment.
    :param timeout: seconds until it is stopped.
    :param why: one line for people: the comment above it in an exported script.
    """

    text: str
    on: str = HOST
    variables: tuple[Variable, ...] = ()
    timeout: float = 120
    why: str = ""

    def __post_init__(self) -> None:
        if not self.text.strip() or not _PLACE.fullmatch(self.on):
            raise ValueError(
                f"write Command(TEXT, on=MACHINE): {self.on!r} is no machine's name, or there is "
                "no text"
            )


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """What a command printed and how it ended. True when it exited with 0."""

    command: Command
    exit_code: int
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    values: dict[str, str] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return self.exit_code == 0

    def __repr__(self) -> str:
        """For people, who may save it in a notebook: so without secrets."""
        printed = f"\n{self.tail()}" if self.tail() else ""
        return f"<{self.command.on}$ {self.command.text}: exit status {self.exit_code}>{printed}"

    @property
    def secrets(self) -> list[str]:
        """The values of its secret variables, for :func:`owlab.redact.redact`."""
        secret = {variable.name for variable in self.command.variables if variable.secret}
        return [value for name, value in self.values.items() if name in secret]

    def tail(self, lines: int = 10) -> str:
        """The last lines of both streams, redacted, for an error message."""
        # First redacted, then cut: the middle of a key alone would not be known as one.
        merged = "\n".join(
            redact(text.rstrip(), self.secrets) for text in (self.stdout, self.stderr)
        )
        return "\n".join(merged.strip().splitlines()[-lines:])
