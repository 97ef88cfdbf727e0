"""A headless Chromium, driven over its own DevTools protocol."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import websocket

NAMES = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """One page: open, evaluate, wait, look."""

    def __init__(self, profile: Path) -> None:
        assert PROGRAM is not None
        self._process = subprocess.Popen(
            [
                PROGRAM,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--window-size=1400,1000",
                "--remote-debugging-port=0",
                "--remote-allow-origins=*",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        self._number = 0
        self.requested: list[str] = []
        self.blocked = 0
        self.problems: list[str] = []
        self._socket = websocket.create_connection(self._first_page(profile), timeout=60)
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def _first_page(self, profile: Path) -> str:
        port = profile / "DevToolsActivePort"
        wait_until(lambda: port.exists() and "\n" in port.read_text("utf-8"), "Chromium")
        number = port.read_text("utf-8").splitlines()[0]
        from urllib.request import urlopen

        with urlopen(f"http://127.0.0.1:{number}/json") as answer:
            pages = json.load(answer)
        found = (page for page in pages if page["type"] == "page")
        return str(next(found)["webSocketDebuggerUrl"])

    def send(self, method: str, **parameters: Any) -> Any:
        """One command of the protocol; events that come meanwhile are noted."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                assert "error" not in message, message["error"]
                return message["result"]
            self._note(message)

    def _note(self, message: Any) -> None:
        parameters = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requested.append(parameters["request"]["url"])
        if message.get("method") == "Network.loadingFailed" and parameters.get("blockedReason"):
            self.blocked += 1
        if message.get("method") == "Runtime.exceptionThrown":
            self.problems.append(str(parameters["exceptionDetails"].get("text")))

    def open(self, url: str) -> None:
        """Go to a page and wait until it is loaded."""
        self.send("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete'")

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives; a promise is awaited."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 60) -> Any:
        """Wait until an expression is true."""
        return wait_until(lambda: self.value(expression), expression, seconds)

    def mouse(self, element: str) -> None:
        """A real click: what a page allows only to a person, it allows to this."""
        x, y = self.value(
            f"(() => {{ const e = {element}; e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def look_as(self, scheme: str, width: int) -> None:
        """In light or dark, on a screen or a phone; scripts of the test's own may run."""
        self.send("Emulation.setEmulatedMedia", features=[prefers(scheme)])
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 800,
        )
        self.send("Page.setBypassCSP", enabled=True)

    def screenshot(self, path: Path) -> None:
        """A picture for whoever reads a failed test."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """End the browser that this page started."""
        self._socket.close()
        self._process.terminate()
        self._process.wait(20)


def prefers(scheme: str) -> dict[str, str]:
    """A medium's feature: whoever looks likes it ``light`` or ``dark``."""
    return {"name": "prefers-color-scheme", "value": scheme}


def wait_until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Ask until the answer is true; fails with ``what`` otherwise."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"after {seconds:.0f} s still not: {what}")
