"""The class as a table for a terminal, and as one page without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from rich.table import Table
from rich.text import Text

from owlab import language
from owlab.classroom.rows import TOTALS, Row
from owlab.language import N_, Texts, _
from owlab.redact import redact

_MB = 1 << 20
_LONGEST = 200
_HEADINGS = Texts(
    *(
        N_("learner"),
        N_("section"),
        N_("exercises"),
        N_("incidents"),
        N_("memory"),
        N_("last active"),
    )
)


def page(rows: Sequence[Row], seconds: int = 0) -> str:
    """The page.

    :param seconds: after which a browser reads it again; 0 means never.
    """
    environment = Environment(
        loader=PackageLoader("owlab.classroom"),
        autoescape=select_autoescape(["j2"], default_for_string=True, default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=_, language=language.current())
    text = environment.get_template("class.html.j2").render(
        rows=[_shown(row) for row in rows],
        totals=TOTALS,
        exercises=sum(len(row.exercises) for row in rows),
        incidents=sum(len(row.incidents) for row in rows),
        when=_local(datetime.now().astimezone()),
        seconds=seconds,
    )
    return redact(text)


def table(rows: Sequence[Row], plain: Any, *, one_line: bool) -> Table:
    """The table.

    :param plain: makes text of others harmless for a terminal.
    :param one_line: cut what is long: thirty labs on one screen.
    """
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in _HEADINGS:
        made.add_column(heading, no_wrap=True)
    made.add_column(
        _("last failure; what could not be read"),
        no_wrap=one_line,
        overflow="ellipsis" if one_line else "fold",
    )
    for row in rows:
        shown = _shown(row)
        made.add_row(
            plain(row.learner if row.lab in ("", "owlab") else f"{row.learner} ({row.lab})"),
            _(row.section) or "-",
            f"{shown['exercise_count']}/{TOTALS['exercises']}",
            f"{shown['incident_count']}/{TOTALS['incidents']}",
            shown["memory_text"],
            _ago(row.active),
            _troubles(row, plain, "; " if one_line else "\n"),
        )
    return made


def _troubles(row: Row, plain: Any, between: str) -> Text:
    text = Text()
    if row.failure is not None:
        since = _(" (done since)") if row.failure.over else ""
        text.append(plain(row.failure.what)[:_LONGEST] + since, "dim" if since else "red")
    for note in row.notes:
        text.append(f"{between}{plain(note)}" if text else plain(note), "yellow")
    return text


def _shown(row: Row) -> dict[str, Any]:
    failure = row.failure
    return {
        **row.as_data(),
        "exercise_count": len(row.exercises) if row.marks_were_read else "?",
        "incident_count": len(row.incidents) if row.marks_were_read else "?",
        "memory_text": memory_text(row),
        "active_text": _local_of(row.active),
        "failure_text": failure.what[:_LONGEST] if failure else "",
        "failure_time": _local_of(failure.time) if failure else "",
    }


def memory_text(row: Row) -> str:
    """Megabytes, and a sign when shared ones are counted more than once."""
    if row.memory is None:
        return "-"
    return f"{'' if row.memory_is_exact else '≤ '}{row.memory / _MB:.0f} MB"


def _ago(text: str) -> str:
    if not text:
        return "-"
    minutes = (datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds() / 60
    if minutes < 120:
        return _("{count:.0f} min ago").format(count=max(minutes, 0))
    if minutes < 48 * 60:
        return _("{count:.0f} h ago").format(count=minutes / 60)
    return _("{count:.0f} days ago").format(count=minutes / 1440)


def _local_of(text: str) -> str:
    return _local(datetime.fromisoformat(text).astimezone()) if text else "-"


def _local(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}"
