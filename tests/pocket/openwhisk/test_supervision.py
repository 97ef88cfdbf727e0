"""No process of an action outlives the service, however that ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

# A service of its own process: warm containers of both kinds, and one that is in a loop.
SERVICE = textwrap.dedent(
    """
    import asyncio, sys
    from pathlib import Path
    from owlab.pocket.ground.clock import Clock
    from owlab.pocket.ground.database import Database
    from owlab.pocket.openwhisk.entity_names import SYSTEM
    from owlab.pocket.openwhisk.service import Service
    from owlab.pocket.openwhisk.pod_factory import ActionPod

    class Pods:
        async def start(self, name, image, memory_mb, labels):
            return ActionPod(name, "worker1")
        async def remove(self, name):
            pass
        def gone(self, name):
            return False

    CODE = {
        "js": ("nodejs:14", "function main() { return {pid: process.pid} }"),
        "py": ("python:3", "import os\\ndef main(a): return {'pid': os.getpid()}"),
        "child": (
            "python:3",
            "import subprocess\\n"
            "def main(a): return {'pid': subprocess.Popen(['sleep', '600']).pid}",
        ),
        "loop": (
            "nodejs:14",
            "function main(a) { require('fs').writeFileSync(a.file, `${process.pid}`); for (;;); }",
        ),
    }

    async def main():
        db = Database(Path(sys.argv[1]) / "lab.sqlite")
        made = Service(db, Clock(), Pods(), guest_key="g:" + "g" * 64, system_key="s:" + "s" * 64)
        guest = made.identities[0]
        for name, (kind, code) in CODE.items():
            body = {"exec": {"kind": kind, "code": code}}
            made.actions.put(guest, "_", "", name, body, overwrite=True)
            found = made.actions.find(guest, "_", "", name)
            file = Path(sys.argv[1]) / "pid"
            wait = None if name == "loop" else 30
            _, record = await made.invoke(guest, found, {"file": str(file)}, wait=wait)
            if record:
                print(record.result["pid"], flush=True)
        while not file.exists() or not file.read_text():
            await asyncio.sleep(0.02)
        print(file.read_text(), flush=True)
        print("looping", flush=True)
        await asyncio.sleep(600)

    asyncio.run(main())
    """
)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_action_outlives_a_killed_service(
    tmp_path: Path, how: signal.Signals, request: pytest.FixtureRequest
) -> None:
    words = [sys.executable, "-c", SERVICE, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as service:
        request.addfinalizer(service.kill)
        assert service.stdout is not None
        told = []
        for line in service.stdout:
            if line == "looping\n":
                break
            told.append(psutil.Process(int(line)))
        assert len(told) == 4
        # The stem cells, too, and the supervisor itself.
        told += psutil.Process(service.pid).children(recursive=True)
        service.send_signal(how)
        service.wait(10)
    _, alive = psutil.wait_procs(set(told), timeout=10)
    assert not alive
