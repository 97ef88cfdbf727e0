"""What a step wants typed, and what came of it. Values: nothing here executes."""

from __future__ import annotations

from dataclasses import dataclass, field

HOST = "host"
"""The name of the laptop wherever a machine's name is expected."""


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


@dataclass(frozen=True, slots=True)
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

    def tail(self, lines: int = 10) -> str:
        """The last lines of both streams, for an error message."""
        merged = (self.stdout.rstrip() + "\n" + self.stderr.rstrip()).strip()
        return "\n".join(merged.splitlines()[-lines:])
