"""Tab in the terminal: the machine is asked what may come next."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

WORD = re.compile(r"(?:[^\s|;&]|\\ )*$")


class MachineCompleter(Completer):
    """Offers commands, files and the words of kubectl and its like."""

    def __init__(self, capture: Callable[[str], str]) -> None:
        self._capture = capture

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterator[Completion]:
        """What may stand in place of the word before the cursor."""
        if not complete_event.completion_requested:
            return
        line = document.current_line_before_cursor
        found = WORD.search(line)
        word = found[0] if found is not None else ""
        try:
            printed = self._capture(f"__owlab_complete {shlex.quote(line)}")
        except Exception:  # no answer is no offer, whatever the reason
            return
        for choice in printed.splitlines():
            shown = choice.rstrip("/ ") or choice
            yield Completion(choice, start_position=-len(word), display=shown)
