"""What a run of the course left, for the pages: executed notebooks, and how each ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from owlab.batch import summary
from owlab.errors import BatchError


@dataclass(frozen=True, slots=True)
class CourseRun:
    """One folder below `runs/`; or none, when there is nothing but the notebooks themselves."""

    folder: Path | None = None
    day: str = ""
    results: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> CourseRun:
        """From its summary.

        :raises BatchError: it is no run.
        """
        try:
            run = summary.read(folder)
        except BatchError as error:
            raise BatchError(
                brief=f"{folder} is no run of the course.",
                details=error.details,
                resolution="Name a folder that `owlab run` made, such as RUN=runs/20261126-002526.",
            ) from None
        results = {outcome.name: str(outcome.status) for outcome in run.outcomes}
        return cls(folder, run.started[:10], results)

    def executed(self, name: str) -> Path | None:
        """The notebook as it ran; None when it did not."""
        if self.folder is None or self.results.get(name, "not run") == "not run":
            return None
        path = self.folder / f"{name}.ipynb"
        return path if path.is_file() else None
