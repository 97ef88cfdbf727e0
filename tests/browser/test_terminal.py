"""JupyterLab's terminal: a machine to type on, and an editor that opens there."""

from __future__ import annotations

from pathlib import Path

import pytest

from .chromium import Page, wait_until
from .conftest import Jupyter
from .notebook import APP

pytestmark = pytest.mark.browser

WIDGET = f"[...{APP}.shell.widgets('main')].find(w => w.content?.hasClass?.('jp-Terminal'))"
XTERM = f"{WIDGET}.content._term"
KEYS = {"Enter": (13, "\r"), "Escape": (27, "\x1b"), "Tab": (9, "\t")}


class Terminal:
    """One terminal, open in the browser."""

    def __init__(self, page: Page, jupyter: Jupyter) -> None:
        self.page = page
        page.open(f"{jupyter.url}/lab?token={jupyter.token}")
        page.wait_for(f"!!window.jupyterapp && {APP}.restored.then(() => true)", 120)
        page.value(f"{APP}.commands.execute('terminal:create-new').then(() => true)")
        page.wait_for(f"!!{WIDGET}?.content._term", 60)
        page.value(f"({XTERM}.focus(), true)")
        wait_until(lambda: self.screen, "a prompt")

    @property
    def screen(self) -> str:
        """What is on the screen now."""
        line = f"{XTERM}.buffer.active.getLine({XTERM}.buffer.active.viewportY + row)"
        return str(
            self.page.value(
                f"[...Array({XTERM}.rows).keys()]"
                f".map(row => {line}?.translateToString(true) ?? '').join('\\n').trimEnd()"
            )
        )

    def shows(self, text: str) -> str:
        """Wait until a text is on the screen; returns all of it."""
        return str(wait_until(lambda: text in (seen := self.screen) and seen, text))

    def type(self, text: str, *keys: str) -> None:
        """Type a text, and keys after it, as a person does."""
        if text:
            self.page.send("Input.insertText", text=text)
        for key in keys:
            code, char = KEYS[key]
            self.page.send(
                "Input.dispatchKeyEvent", type="keyDown", key=key, code=key, text=char,
                windowsVirtualKeyCode=code,
            )  # fmt: skip
            self.page.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)


def test_a_file_is_edited_on_a_machine(page: Page, jupyter: Jupyter, tmp_path: Path) -> None:
    terminal = Terminal(page, jupyter)
    try:
        terminal.type("owlab shell host", "Enter")
        terminal.shows("ubuntu@host:~$")
        terminal.type("multipass launch --name editing && multipass shell editing", "Enter")
        terminal.shows("ubuntu@editing:~$")
        terminal.type("echo $(tput cols)x$(tput lines); sudo vi /etc/hos", "Tab")
        terminal.shows("/etc/host")
        terminal.type("s.allow", "Enter")
        page.screenshot(tmp_path / "editor.png")
        terminal.shows('"/etc/hosts.allow"')
        terminal.type("i")
        terminal.shows("-- INSERT --")
        terminal.type("sshd: 10.0.0.0/8", "Enter")
        terminal.type("# end", "Escape")
        terminal.type(":wq", "Enter")
        size = page.value(f"`${{{XTERM}.cols}}x${{{XTERM}.rows}}`")
        assert size in terminal.shows("ubuntu@editing:~$ ")
        terminal.type("clear; cat /etc/hosts.allow; ls -l /etc/hosts.allow", "Enter")
        shown = terminal.shows("root root")
        assert "sshd: 10.0.0.0/8\n# end\n-rw-r--r-- 1 root root" in shown
        terminal.type("exit", "Enter")
        terminal.shows("ubuntu@host:~$")
    finally:
        page.screenshot(tmp_path / "terminal.png")
