"""How long an invocation takes on a whole pocket lab: over HTTPS, with pods made by its cluster.

Prints the medians of cold and warm invocations of both kinds, and the lab's memory afterwards.
A cold one starts a pod and a process; `stem cell` took one that stood ready, as nodejs:14 has.
"""

from __future__ import annotations

import os
import ssl
import statistics
import tempfile
import time

import httpx
from memory import print_memory

from owlab import Lab
from owlab.command import Command

# Together below the sixty invocations a minute that OpenWhisk's chart allows.
COLD, WARM = 5, 20
CODE = {"nodejs:14": "function main(a) { return a }", "python:3": "def main(a): return a"}
STEM_CELL_MB = 256


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["OWLAB_HOME"] = home
        lab = Lab.open("bench")
        try:
            lab.up("6.4")
            _measure(lab)
            print_memory(lab.directory)
        finally:
            lab.down()


def _measure(lab: Lab) -> None:
    properties = {
        name: lab.read(Command(f"wsk property get --{name} -o raw", on=lab.master)).stdout.strip()
        for name in ("apihost", "auth")
    }
    key = httpx.BasicAuth(*properties["auth"].split(":", 1))
    authority = lab.read(Command("cat ~/kubeyaml/tls/ca.crt", on=lab.master)).stdout
    trust = ssl.create_default_context(cadata=authority)
    base = f"https://{properties['apihost']}/api/v1/namespaces/_/actions"
    with httpx.Client(verify=trust, auth=key, trust_env=False, timeout=60) as client:
        for kind, code in CODE.items():
            # The memory is what tells a cold start from a stem cell's.
            cold = [_first(client, f"{base}/cold", kind, code, 128) for _ in range(COLD)]
            line = f"{kind:<10} cold {statistics.median(cold):6.1f} ms"
            if kind.startswith("nodejs"):
                stem = [_first(client, f"{base}/stem", kind, code, STEM_CELL_MB) for _ in range(3)]
                line += f"   stem cell {statistics.median(stem[1:]):6.1f} ms"
            warm = [_timed(client, f"{base}/cold") for _ in range(WARM)]
            print(f"{line}   warm {statistics.median(warm):5.1f} ms", flush=True)


def _first(client: httpx.Client, url: str, kind: str, code: str, memory: int) -> float:
    body = {"exec": {"kind": kind, "code": code}, "limits": {"memory": memory}}
    client.put(f"{url}?overwrite=true", json=body).raise_for_status()
    taken = _timed(client, url)
    time.sleep(0.5)  # stem cells are made anew after an action took one
    return taken


def _timed(client: httpx.Client, url: str) -> float:
    began = time.perf_counter()
    answer = client.post(f"{url}?blocking=true&result=true", json={"n": 1})
    answer.raise_for_status()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
