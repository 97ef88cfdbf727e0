"""The live map of the lab: machines, pods on them, volumes, functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any

from owlab.lab import Lab
from owlab.notebook import page, read
from owlab.notebook.callbacks import shielded

_GOOD = {"Running", "Completed", "Succeeded", "Reachable", "Bound"}


@dataclass(frozen=True, slots=True)
class Picture:
    """The lab at one moment."""

    machines: list[read.Row] = field(default_factory=list)
    pods: list[read.Row] = field(default_factory=list)
    claims: list[read.Row] = field(default_factory=list)

    @classmethod
    def of(cls, lab: Lab) -> Picture:
        """Look now. What does not exist yet is empty."""
        machines = read.machines(lab)
        running = any(row["role"] == "server" and row["ipv4"] for row in machines)
        if not running:
            return cls(machines)
        return cls(machines, read.pods(lab), read.claims(lab))

    def plain(self) -> str:
        """As text: one machine a line, its pods below it."""
        lines = []
        for machine in self.machines:
            lines.append(f"{machine['name']} ({machine['role']}): {_state(machine)}")
            lines += [f"    {pod['name']}: {pod['status']}" for pod in self._on(machine["name"])]
            if machine["role"] == "storage":
                lines += [
                    f"    volume of {claim['name']}: {claim['status']}" for claim in self.claims
                ]
        waiting = self._on("")
        if waiting:
            lines.append("on no machine yet:")
            lines += [f"    {pod['name']}: {pod['status']}" for pod in waiting]
        return "\n".join(lines)

    def html(self) -> str:
        """One box a machine."""
        boxes = []
        for machine in self.machines:
            things = [_dot(pod["name"], pod["status"]) for pod in self._on(machine["name"])]
            if machine["role"] == "storage":
                things += [_dot(claim["name"], claim["status"]) for claim in self.claims]
            boxes.append(_box(f"{machine['name']} · {machine['role']}", _state(machine), things))
        waiting = [_dot(pod["name"], pod["status"]) for pod in self._on("")]
        if waiting:
            boxes.append(_box("on no machine yet", "", waiting))
        return f'<div style="display:flex;flex-wrap:wrap;gap:.8rem">{"".join(boxes)}</div>'

    def _on(self, machine: str) -> list[read.Row]:
        return [pod for pod in self.pods if pod["node"] == machine.lower()]


class LabMap:
    """The map as something a notebook shows, with a button that looks again."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.picture = Picture.of(lab)
        self._shown: Any = None

    def refresh(self) -> None:
        """Look again."""
        self.picture = Picture.of(self._lab)
        if self._shown is not None:
            self._shown.value = page.bundle(self.picture.html(), "")["text/html"]

    def widget(self) -> Any:
        """The map and its button."""
        import ipywidgets as widgets

        self._shown = widgets.HTML(page.bundle(self.picture.html(), "")["text/html"])
        button = widgets.Button(description="Look again", tooltip="Read the lab's state anew")
        about = widgets.HTML()

        def show(text: str) -> None:
            about.value = text

        def clicked(_: Any) -> None:
            show("looking ...")
            self.refresh()
            show(f"As it was at {datetime.now():%H:%M:%S}.")

        button.on_click(shielded(clicked, show))
        return widgets.VBox([widgets.HBox([button, about]), self._shown])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """A front end with widgets shows those; a page or a terminal shows the same picture."""
        shown = page.bundle(self.picture.html(), self.picture.plain())
        return {**self.widget()._repr_mimebundle_(), **shown}


def _state(machine: read.Row) -> str:
    return f"{machine['state']} {machine['ipv4']}".strip()


def _box(title: str, below: str, things: list[str]) -> str:
    body = "".join(things) or '<span class="faint">empty</span>'
    return (
        '<div style="border:1px solid gray;border-radius:6px;padding:.5rem;min-width:14rem">'
        f"<strong>{escape(title)}</strong><br>"
        f'<span class="faint">{escape(below)}</span><div>{body}</div></div>'
    )


def _dot(name: str, status: str) -> str:
    """A thing with its state: by a word, not by a colour alone."""
    style = "good" if status in _GOOD else "bad"
    return (
        f'<div><span class="{style}" aria-hidden="true">●</span> {escape(name)} '
        f'<span class="faint">{escape(status)}</span></div>'
    )
