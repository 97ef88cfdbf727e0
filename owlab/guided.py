"""The lab that users open: it carries out the guide's steps, all of them, and takes them back."""

from __future__ import annotations

from owlab import runner, teardown
from owlab.guide import for_lab, ordered
from owlab.lab import Lab
from owlab.runner import Summary
from owlab.step import Step, StepResult


class GuidedLab(Lab):
    """A lab with the guide. ``owlab.Lab`` is this one; make one with :meth:`open`."""

    def perform(self, step: Step) -> StepResult:
        """Carry out one step, whose needs must be done already."""
        return runner.perform(self, self._as_offered(step), self._as_offered)

    def up(self, to: str = "", *, new: bool = False) -> Summary:
        """Carry out all steps (up to section ``to``) that are not done yet.

        :param new: the lab has no machine yet: nothing on one can be done already.
        """
        return runner.perform_all(self, [self._as_offered(step) for step in ordered(to)], new=new)

    def _as_offered(self, step: Step) -> Step:
        return for_lab(self, step)

    def down(self) -> list[str]:
        """Remove exactly what the lab made; returns a sentence for each thing removed."""
        return teardown.down(self)
