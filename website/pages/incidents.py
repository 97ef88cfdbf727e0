"""The incidents: story, hints and solution folded, as `owlab/incidents` has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from owlab import Lab
from owlab.command import HOST, Command, Result, Variable
from owlab.fact import Fact
from owlab.incidents import INCIDENTS, Incident
from owlab.language import _
from owlab.notebook.pasting import complete
from website.markdown import fence, folded, plain
from website.pages.commands import typed
from website.words import Words


class Dark(Lab):
    """A lab in which no command succeeds: what a check would look at, without a look."""

    def read(self, command: Command | str, *, on: str = HOST) -> Result:
        """Nothing answers."""
        return Result(self._typed(command, "", on), exit_code=1)

    def fact(self, fact: Fact[Any]) -> Any:
        """What it is taken for when it cannot be read."""
        return fact.default

    def value(self, variable: Variable) -> str:
        """Of a command that does not succeed anyhow."""
        return "nowhere"


def page(lab: Lab, words: Words) -> str:
    """All of them, the easy ones first."""
    found = INCIDENTS.values()
    return "\n".join(part for incident in found for part in _incident(lab, incident, words))


def _incident(lab: Lab, incident: Incident, words: Words) -> Iterator[str]:
    yield f"## {incident.name}\n"
    level = words(
        "Level {level} of 3, about {minutes} minutes.",
        level=incident.level,
        minutes=incident.minutes,
    )
    yield f"*{level}*\n"
    yield f"**{words('What people notice.')}** {plain(_(incident.story))}\n"
    yield fence(f"owlab break {incident.name}", "bash", caption=words("Put it in"))
    yield f"**{words('It is mended when all of this holds:')}**\n"
    yield "\n".join(f"- {plain(what)}" for what in goals(lab, incident, words)) + "\n"
    for number, hint in enumerate(incident.hints, 1):
        yield folded(words("Hint {number}", number=number), plain(_(hint)))
    blocks = [complete(lab.provider, command) for command in incident.mends(lab)]
    solution = "\n".join(typed(block.on, block.text) for block in blocks)
    yield folded(words("Solution"), f"{solution}\n{plain(_(incident.why))}")


def goals(lab: Lab, incident: Incident, words: Words) -> list[str]:
    """What must hold again, in the words of its own check."""
    dark = Dark(lab.config, lab.directory, lab.provider, planning=True)
    symptom = [evidence.what for evidence in incident.symptom(dark).evidence]
    return [*symptom, words("the cause is gone, and every step of the guide is still done")]
