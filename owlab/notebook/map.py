"""The live map of the lab: machines, pods on them, where data lies, functions and their calls."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any

from owlab import observed
from owlab.errors import LabError
from owlab.events import Event
from owlab.lab import Lab
from owlab.language import N_, _, aside, pair
from owlab.notebook import page
from owlab.notebook.callbacks import html as styled
from owlab.notebook.callbacks import shielded
from owlab.notebook.calls import START
from owlab.notebook.drawing import Box, Drawing

_GOOD = {"Running", "Completed", "Succeeded", "Reachable", "Bound"}
_JUST_NOW = 15.0
_PAUSE = 2.0
_QUIET_LOOKS = 4
"""After so many looks without a difference the map waits until something happens."""
_WIDTH, _GAP, _LETTERS = 360, 16, 40
_FUNCTIONS = N_("functions, by their last calls:")


@dataclass(frozen=True, slots=True)
class Picture:
    """The lab at one moment."""

    machines: list[observed.Row] = field(default_factory=list)
    pods: list[observed.Row] = field(default_factory=list)
    claims: list[observed.Row] = field(default_factory=list)
    volumes: list[observed.Row] = field(default_factory=list)
    calls: list[observed.Row] = field(default_factory=list)

    @classmethod
    def of(cls, lab: Lab) -> Picture:
        """Look now. What does not exist yet is empty."""
        machines = observed.machines(lab)
        running = any(row["role"] == "server" and row["ipv4"] for row in machines)
        if not running:
            return cls(machines)
        with ThreadPoolExecutor(4) as pool:
            looks = [
                pool.submit(look, lab)
                for look in (observed.pods, observed.claims, observed.volumes, observed.activations)
            ]
            pods, claims, volumes, calls = (look.result() for look in looks)
        return cls(machines, pods, claims, volumes, calls)

    def boxes(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What the map shows: each box with its title, and things with their state."""
        found = []
        for machine in self.machines:
            things = [(pod["name"], pod["status"]) for pod in self._on(machine["name"])]
            things += self._data(on_nfs=True) if machine["role"] == "storage" else []
            title = pair(aside(machine["name"], machine["role"]), _state(machine))
            found.append((title, things))
        if local := self._data(on_nfs=False):
            found.append((_("on a node's own disk:"), local))
        if waiting := [(pod["name"], pod["status"]) for pod in self._on("")]:
            found.append((_("on no machine yet:"), waiting))
        if functions := self._functions():
            found.append((_(_FUNCTIONS), functions))
        return found

    def _data(self, *, on_nfs: bool) -> list[tuple[str, str]]:
        """The claims whose data lies on the NFS server, or elsewhere."""
        local = {volume["name"] for volume in self.volumes if not volume.get("server")}
        return [
            (_("volume of {name}").format(name=claim["name"]), claim["status"])
            for claim in self.claims
            if (claim.get("volume") not in local) is on_nfs
        ]

    def _functions(self) -> list[tuple[str, str]]:
        newest: dict[str, observed.Row] = {}
        counts: dict[str, int] = {}
        for call in self.calls:  # newest first
            newest.setdefault(call["action"], call)
            counts[call["action"]] = counts.get(call["action"], 0) + 1
        now = datetime.now(UTC)
        return [
            (
                f"{'▶ ' if (now - call['time']).total_seconds() < _JUST_NOW else ''}{name}",
                _("calls: {count}, last {start}, {duration_ms} ms").format(
                    count=counts[name],
                    start=_(START[call["start"]]),
                    duration_ms=call["duration_ms"],
                ),
            )
            for name, call in newest.items()
        ]

    def plain(self) -> str:
        """As text: one machine a line, what it carries below it."""
        lines = []
        for title, things in self.boxes():
            lines.append(title)
            lines += [f"    {name}: {state}" for name, state in things]
        return "\n".join(lines)

    def html(self) -> str:
        """The drawing, and the same in words for who cannot see it."""
        words = "".join(
            f"<p>{escape(title)}</p><ul>"
            + "".join(f"<li>{escape(name)}: {escape(state)}</li>" for name, state in things)
            + "</ul>"
            for title, things in self.boxes()
        )
        return (
            f'<div class="wide" tabindex="0">{self.drawing().svg()}</div>'
            f"<details><summary>{escape(_('the map in words'))}</summary>{words}</details>"
        )

    def drawing(self) -> Drawing:
        """Boxes in two columns, each as tall as what it carries."""
        bottoms = [12, 12]
        drawn = []
        for number, (title, things) in enumerate(self.boxes()):
            column = min((0, 1), key=lambda side: bottoms[side])
            good = all(_is_good(state) for _name, state in things)
            kind = "function" if title == _(_FUNCTIONS) else "machine" if good else "bad"
            lines = tuple(_line(name, state) for name, state in things) or (_("empty"),)
            x = 12 + column * (_WIDTH + _GAP)
            box = Box(str(number), x, bottoms[column], _WIDTH, _short(title), lines, kind)
            bottoms[column] += box.tall + _GAP
            drawn.append(box)
        when = f"{datetime.now():%H:%M:%S}"
        return Drawing(_("The lab at {when}").format(when=when), self.plain(), tuple(drawn))

    def _on(self, machine: str) -> list[observed.Row]:
        return [pod for pod in self.pods if pod["node"] == machine.lower()]


class LabMap:
    """The map as something a notebook shows. It looks again by itself while something happens."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.picture = Picture.of(lab)
        self._shown: Any = None
        self._about: Any = None
        self._happened = threading.Event()
        self._thread: threading.Thread | None = None

    def refresh(self) -> None:
        """Look again."""
        self.picture = Picture.of(self._lab)
        if self._shown is not None:
            self._shown.value = styled(self.picture.html())
            self._about.value = _("As it was at {time:%H:%M:%S}.").format(time=datetime.now())

    def widget(self) -> Any:
        """The map, and its button."""
        import ipywidgets as widgets

        self._shown = widgets.HTML(styled(self.picture.html()))
        self._about = widgets.HTML()
        button = widgets.Button(description=_("Look again"), tooltip=_("Read the lab's state anew"))

        def show(text: str) -> None:
            self._about.value = text

        button.on_click(shielded(lambda _: self.refresh(), show))
        if "JPY_SESSION_NAME" in os.environ and self._thread is None:
            # Only where somebody looks: a headless run needs one picture.
            self._lab.listeners.append(self._notice)
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
        return widgets.VBox([widgets.HBox([button, self._about]), self._shown])

    def _notice(self, event: Event) -> None:
        if event.kind in ("command-ended", "step-done"):
            self._happened.set()

    def _watch(self) -> None:
        """After something happened, look until nothing changes any more."""
        while True:
            self._happened.wait()
            quiet = 0
            while quiet < _QUIET_LOOKS:
                self._happened.clear()
                before = self.picture.plain()
                try:
                    self.refresh()
                except LabError:
                    break  # the next thing that happens is another chance
                quiet = 0 if self.picture.plain() != before else quiet + 1
                self._happened.wait(_PAUSE)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """A front end with widgets shows those; a page or a terminal shows the same picture."""
        shown = page.bundle(self.picture.html(), self.picture.plain())
        return {**self.widget()._repr_mimebundle_(), **shown}


def _state(machine: observed.Row) -> str:
    return f"{_(machine['state'])} {machine['ipv4']}".strip()


def _is_good(state: str) -> bool:
    """Of a thing that is as it should be; of a function, whose state is its last call."""
    return state.partition(" ")[0] in _GOOD or state.endswith(" ms")


def _line(name: str, state: str) -> str:
    """A thing with its state: by a word, not by a colour alone."""
    mark = "●" if _is_good(state) else "○"
    return _short(f"{mark} {name}", _LETTERS - min(len(state), 24)) + f"  {state}"


def _short(text: str, letters: int = _LETTERS + 4) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
