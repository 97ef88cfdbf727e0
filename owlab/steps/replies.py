"""What a call of a function came back with: its result, or why there is none."""

from __future__ import annotations

from typing import Any

from owlab.command import Result
from owlab.fact import parse_json
from owlab.language import _
from owlab.redact import redact

THROTTLED = "Too many "


def result_of(result: Result) -> Any:
    """The JSON that was printed; None for anything else."""
    return _json(result.stdout)


def _json(text: str) -> Any:
    try:
        return parse_json(text)
    except (ValueError, RecursionError):
        return None


def reason(result: Result) -> str:
    """Why a call has no right answer, in one line: what was met, what was said, or nothing."""
    # wsk prints the result of a function that failed to its errors.
    answer = result_of(result) or _json(result.stderr)
    told = answer.get("error") if isinstance(answer, dict) else None
    if told is None:
        lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
        # wsk may end with a hint at its help: its error comes first.
        told = next((line for line in lines if line.startswith("error: ")), lines[-1:] or None)
        told = told[0] if isinstance(told, list) else told
    if told is None:
        return str(answer) if answer is not None else _silence(result)
    text = redact(str(told).removeprefix("error: "), result.secrets)
    if THROTTLED in text:
        return _("OpenWhisk's limit was met: {said}; try again in a minute").format(
            said=text[text.index(THROTTLED) :]
        )
    return text


def _silence(result: Result) -> str:
    if result:
        return _("no answer")
    return _("no answer, exit status {status}").format(status=result.exit_code)
