"""Every command of the guide, in order: the steps' own, which are written nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from owlab import Lab, guide
from owlab.language import _
from owlab.notebook.pasting import complete
from owlab.step import Step
from website.markdown import fence, folded, plain
from website.words import Words


@dataclass(frozen=True, slots=True)
class Lesson:
    """The notebook of a section."""

    title: str
    file: str


def page(lab: Lab, lessons: Mapping[str, Lesson], words: Words) -> str:
    """The sections, their steps, and each command complete: its variables' assignments first.

    :param lessons: by a section's number.
    """
    parts: list[str] = []
    steps = [guide.for_lab(lab, step) for step in guide.STEPS]
    for section, inside in groupby(steps, key=lambda step: step.section.partition(".")[0]):
        lesson = lessons[section]
        link = f"[{lesson.title}]({lesson.file})"
        parts += [f"## {lesson.title}\n", words("Explained in {notebook}.", notebook=link) + "\n"]
        for step in inside:
            parts += _step(lab, step, words)
    return "\n".join(parts)


def _step(lab: Lab, step: Step, words: Words) -> Iterator[str]:
    yield f"### {step.section} {_sentence(_(step.title))}\n"
    commands = [c for place in step.where(lab.config) for c in step.commands(lab, place)]
    for command in commands:
        pasted = complete(lab.provider, command)
        if command.why:
            yield words("{reason}:", reason=_sentence(_(command.why))) + "\n"
        yield typed(pasted.on, pasted.text)
    if not commands:
        yield words("Nothing to type here.") + "\n"
    elif step.expect:
        about = words("What to expect, apart from addresses, ages and versions")
        yield folded(about, fence(step.expect))


def _sentence(text: str) -> str:
    return plain(text[:1].upper() + text[1:])


def typed(machine: str, text: str) -> str:
    """A block to copy, under the prompt of where it is typed."""
    return fence(text, "bash", caption=f"{machine}$")
