"""A table of the lab: rows that are plain dictionaries, shown as a table.

pandas would do as well, and stays in the memory of each kernel of a class: 30 MB. It is loaded by
whoever calls :meth:`LabTable.frame`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any, NoReturn, overload

from owlab import extras
from owlab.notebook import page

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]


class LabTable(Sequence[Row]):
    """Rows in their order: ``table[0]`` and ``table[:5]`` are rows, ``table["name"]`` is a column.

    :param columns: their names. Each row has all of them; what it has beside them is left out.
    """

    def __init__(self, columns: Sequence[str], rows: Iterable[Row]) -> None:
        self.columns = tuple(columns)
        self.rows: list[Row] = [{name: row.get(name) for name in self.columns} for row in rows]

    @overload
    def __getitem__(self, which: int) -> Row: ...
    @overload
    def __getitem__(self, which: slice) -> LabTable: ...
    @overload
    def __getitem__(self, which: str) -> list[Any]: ...
    def __getitem__(self, which: int | slice | str) -> Row | LabTable | list[Any]:
        if isinstance(which, str):
            self._refuse_unknown(which)
            return [row[which] for row in self.rows]
        if isinstance(which, slice):
            return LabTable(self.columns, self.rows[which])
        return self.rows[which]

    def __len__(self) -> int:
        return len(self.rows)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"a table of the lab has no {name!r}; for all that pandas can: .frame()", name=name
        )

    def where(self, test: Callable[[Row], Any] | None = None, **values: Any) -> LabTable:
        """The rows that are so: ``pods.where(status="Running")``, or by a test of each row."""
        self._refuse_unknown(*values)
        return LabTable(
            self.columns,
            (
                row
                for row in self.rows
                if all(row[name] == value for name, value in values.items())
                and (test is None or test(row))
            ),
        )

    def ordered(self, by: str, *, largest_first: bool = False) -> LabTable:
        """The rows in the order of a column."""
        self._refuse_unknown(by)
        rows = sorted(self.rows, key=lambda row: row[by], reverse=largest_first)
        return LabTable(self.columns, rows)

    def only(self, *columns: str) -> LabTable:
        """The same rows with these columns."""
        self._refuse_unknown(*columns)
        return LabTable(columns, self.rows)

    def frame(self) -> pd.DataFrame:
        """The same as a DataFrame, for all that pandas can."""
        extras.need("plots")
        import pandas as pd

        pd.set_option("display.width", 160)  # the text form: one line a row
        pd.set_option("display.max_columns", 20)
        return pd.DataFrame(self.rows, columns=list(self.columns))

    def _refuse_unknown(self, *names: str) -> None:
        for name in names:
            if name not in self.columns:
                raise KeyError(f"there is no column {name!r}; columns: {', '.join(self.columns)}")

    def _cells(self) -> list[list[str]]:
        return [[_written(row[name]) for name in self.columns] for row in self.rows]

    def __repr__(self) -> str:
        return page.columns(self.columns, self._cells())

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        cells = [[escape(cell) for cell in row] for row in self._cells()]
        return page.bundle(page.table(self.columns, cells), repr(self))


def _written(value: object) -> str:
    """A value in a cell."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
