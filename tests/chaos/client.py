"""A client that changes files and objects of a lab, one after another, whatever happens to it."""

from __future__ import annotations

import contextlib
import random
import threading
from pathlib import Path

import httpx
import yaml

from owlab.pocket.client import service_process
from owlab.pocket.client.wire import Gone

from .model import ABSENT, Model

MACHINE = "master"
MAPS = "/api/v1/namespaces/default/configmaps"


class Client:
    """Runs in a thread of its own until it is stopped."""

    def __init__(self, directory: Path, seed: float, model: Model, number: int) -> None:
        self._directory, self._model = directory, model
        self._mine = number
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        config = yaml.safe_load(service_process.kubeconfig(directory))
        self._api = httpx.Client(
            base_url=config["clusters"][0]["cluster"]["server"],
            headers={"Authorization": f"Bearer {config['users'][0]['user']['token']}"},
            verify=False,
            timeout=10,
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._stop.wait(self._random.uniform(0, 0.02)):
            # Names of its own: nobody else changes what it was promised.
            name = (
                f"{self._random.choice(('file', 'map'))}-{self._mine}-{self._random.randrange(9)}"
            )
            value = (
                f"v{self._random.randrange(10**9):09}" if self._random.random() < 0.8 else ABSENT
            )
            # A service that is not there, or does not answer: nothing is promised then.
            with contextlib.suppress(service_process.ServiceError, httpx.HTTPError, OSError, Gone):
                self._change(name, value)

    def _change(self, name: str, value: str) -> None:
        self._model.begin(name, value)
        done = self._file(name, value) if name.startswith("file") else self._map(name, value)
        if done:
            self._model.acknowledge(name, value)

    def _file(self, name: str, value: str) -> bool:
        # Dates are set by hand, so that only the content tells of a change.
        script = f"printf %s {value} > ~/{name} && touch -d 2001-02-03 ~/{name}"
        script = script if value != ABSENT else f"rm -f ~/{name}"
        return service_process.execute(self._directory, MACHINE, script) == 0

    def _map(self, name: str, value: str) -> bool:
        if value == ABSENT:
            return self._api.delete(f"{MAPS}/{name}").status_code in (200, 404)
        body = {"metadata": {"name": name}, "data": {"value": value}}
        answer = self._api.put(f"{MAPS}/{name}", json=body)
        if answer.status_code == 404:
            answer = self._api.post(MAPS, json=body)
        return answer.status_code in (200, 201)

    def found(self) -> dict[str, str]:
        """What is there now."""
        seen = bytearray()
        script = 'cd ~; for f in file-*; do [ -e "$f" ] && echo "$f=$(cat $f)"; done; true'
        status = service_process.execute(self._directory, MACHINE, script, out=seen.extend)
        assert status == 0, seen
        files = dict(line.split("=") for line in seen.decode().split())
        maps = {
            item["metadata"]["name"]: item["data"]["value"]
            for item in self._api.get(MAPS).json()["items"]
            if item["metadata"]["name"].startswith("map-")
        }
        return files | maps
