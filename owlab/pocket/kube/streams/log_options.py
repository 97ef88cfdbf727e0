"""What is asked of a log: `PodLogOptions`, its rules, and the lines that it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.kube.containers.printed_lines import PrintedLine
from owlab.pocket.kube.errors import BadRequest, Invalid


@dataclass(frozen=True, slots=True)
class LogOptions:
    """Of ``kubectl logs``.

    :param tail: that many lines, of the end.
    :param since: in seconds since 1970: only what is newer.
    :param limit: at most so many bytes.
    """

    tail: int | None = None
    since: float | None = None
    limit: int | None = None
    previous: bool = False
    timestamps: bool = False
    follow: bool = False

    def shown(self, lines: Sequence[PrintedLine]) -> str:
        """The lines that are wanted, as they are sent. The tail is cut before the time is asked."""
        chosen = lines if self.tail is None else lines[len(lines) - min(self.tail, len(lines)) :]
        since = self.since if self.since is not None else float("-inf")
        return "".join(f"{self._line(line)}\n" for line in chosen if line.time >= since)

    def limited(self, text: str, sent: int = 0) -> str:
        """As much of it as may be sent, after so many bytes."""
        if self.limit is None:
            return text
        return text.encode()[: max(self.limit - sent, 0)].decode(errors="ignore")

    def _line(self, line: PrintedLine) -> str:
        if not self.timestamps:
            return line.text
        when = datetime.fromtimestamp(line.time, UTC)
        return f"{when:%Y-%m-%dT%H:%M:%S.%f}000Z {line.text}"


def log_options(query: Mapping[str, str], pod: str) -> LogOptions:
    """Read a request's parameters.

    :raises BadRequest: one is no number or no time.
    :raises Invalid: one is out of its range, or two exclude each other.
    """
    seconds, limit, tail = (_number(query, n) for n in ("sinceSeconds", "limitBytes", "tailLines"))
    moment, problems = query.get("sinceTime"), list[str]()
    if tail is not None and tail < 0:
        least = "must be greater than or equal to 0"
        problems.append(f"tailLines: Invalid value: {tail}: {least}")
    if limit is not None and limit < 1:
        problems.append(f"limitBytes: Invalid value: {limit}: must be greater than 0")
    if seconds is not None and moment is not None:
        both = "at most one of `sinceTime` or `sinceSeconds` may be specified"
        problems.append(f": Forbidden: {both}")
    elif seconds is not None and seconds < 1:
        problems.append(f"sinceSeconds: Invalid value: {seconds}: must be greater than 0")
    since = unix_time() - seconds if seconds is not None else None
    if moment is not None:
        since = _moment(moment)
    if problems:
        told = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
        raise Invalid(f'PodLogOptions "{pod}" is invalid: {told}')
    return LogOptions(
        tail=tail,
        since=since,
        limit=limit,
        previous=_true(query, "previous"),
        timestamps=_true(query, "timestamps"),
        follow=_true(query, "follow"),
    )


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    digits = text.removeprefix("-").removeprefix("+")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 18:
        raise BadRequest(f'strconv.ParseInt: parsing "{text[:100]}": invalid syntax')
    return int(text)


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise BadRequest(f'sinceTime: parsing time "{text[:100]}" as RFC3339: invalid') from None


def _true(query: Mapping[str, str], name: str) -> bool:
    return query.get(name) in ("true", "1")
