"""The memory of a class: N learners, each with a JupyterLab, a lab and two notebooks that ran.

Prints PSS (each shared page counts in parts) for each learner and part. The target is at most
250 MB each: the lab's service, two kernels, and the share of JupyterLab. As in JupyterHub each
learner has a JupyterLab; `--one-jupyterlab` opens all notebooks in one. Linux only.
Thirty learners: 210 MB each with a JupyterLab each (docs/class.md); 272 MB before tables went
without pandas. While nobody does anything, all of it takes 0.7 of a processor.

    python bench/class_memory.py 3
    python bench/class_memory.py 30 --notebooks 03 07
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import nbformat
import psutil
from jupyter_client.blocking.client import BlockingKernelClient

from owlab import Lab
from owlab.notebook import startup

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TARGET = 250
_MB = 1 << 20
_IDLE_SECONDS = 10
_SKIPPED = {"exercise-answer", "exercise-check"}


@contextmanager
def jupyterlab(folder: Path, **more: str) -> Iterator[tuple[psutil.Process, str, Path]]:
    """A JupyterLab: its process, address, and the folder with its kernels' connection files."""
    runtime = folder / "runtime"
    environment = {
        **os.environ,
        **startup.environment(),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "IPYTHONDIR": str(folder / "ipython"),
        **more,
    }
    words = [
        sys.executable,
        "-m",
        "owlab.light_start",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--port=0",
    ]
    words += ["--ip=127.0.0.1", "--IdentityProvider.token=t", f"--notebook-dir={NOTEBOOKS}"]
    with (folder / "log").open("w") as log:
        started = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
    try:
        while not (url := announced(runtime)):
            time.sleep(0.2)
        while True:
            with suppress(httpx.HTTPError):
                # As a browser would: the page, and what it asks for.
                httpx.get(f"{url}lab", params={"token": "t"}).raise_for_status()
                httpx.get(f"{url}api/contents", params={"token": "t"}).raise_for_status()
                break
            time.sleep(0.2)
        yield psutil.Process(started.pid), url, runtime
    finally:
        started.terminate()
        started.wait()


def announced(runtime: Path) -> str:
    """The address of the JupyterLab there; empty until it is written down, whole."""
    for path in runtime.glob("jpserver-*.json"):
        with suppress(ValueError):
            return str(json.loads(path.read_text("utf-8"))["url"])
    return ""


def opened(url: str, runtime: Path, name: str, lab: str) -> int:
    """Open a notebook in a kernel of its own and run it; returns its process' number."""
    (path,) = NOTEBOOKS.glob(f"{name}-*.ipynb")
    asked = httpx.post(f"{url}api/kernels", params={"token": "t"}, timeout=60)
    connection = runtime / f"kernel-{asked.json()['id']}.json"
    client = BlockingKernelClient()
    client.load_connection_file(str(connection))
    client.start_channels(hb=False)  # a busy computer is no dead kernel
    client.wait_for_ready(timeout=120)
    notebook: Any = nbformat
    for cell in notebook.read(path, as_version=4).cells:
        if cell.cell_type != "code" or _SKIPPED & set(cell.metadata.get("tags", [])):
            continue
        ended = client.execute_interactive(cell.source, timeout=600, output_hook=lambda _: None)
        if ended["content"]["status"] != "ok":
            sys.exit(f"{path.name}, cell {cell.id}: {ended['content']}")
        if "parameters" in cell.metadata.get("tags", []):
            client.execute_interactive(f"lab_name = {lab!r}", output_hook=lambda _: None)
    client.stop_channels()
    return next(
        process.pid
        for process in psutil.process_iter()
        if any(connection.name in word for word in _words(process))
    )


def _words(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def pss(process: psutil.Process) -> float:
    """Megabytes."""
    return float(process.memory_full_info().pss) / _MB


def service_of(lab: Lab) -> list[psutil.Process]:
    """The lab's service, and the functions that it keeps warm."""
    directory = str(lab.directory / "pocket")
    for process in psutil.process_iter():
        words = _words(process)
        if "owlab.pocket.service.daemon" in words and directory in words:
            return [process, *process.children(recursive=True)]
    return []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("learners", type=int, nargs="?", default=3)
    parser.add_argument("--notebooks", nargs="+", default=["06", "07"], metavar="NN")
    parser.add_argument("--one-jupyterlab", action="store_true")
    asked = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["OWLAB_HOME"] = str(home / "labs")
        labs: list[Lab] = []
        servers: list[tuple[psutil.Process, str, Path]] = []
        kernels: list[list[int]] = []
        for number in range(asked.learners):
            lab = Lab.open(f"learner{number + 1}")
            stack.callback(lab.down)
            lab.up()
            labs.append(lab)
            if not servers or not asked.one_jupyterlab:
                folder = home / str(number)
                folder.mkdir()
                servers.append(stack.enter_context(jupyterlab(folder)))
            _, url, runtime = servers[-1]
            kernels.append(
                [opened(url, runtime, name, lab.config.name) for name in asked.notebooks]
            )
            print(f"learner {number + 1} of {asked.learners} is there", flush=True)
        print_memory(labs, [server for server, _, _ in servers], kernels)
        print_idle(labs, servers, kernels)
        print_class(home / "class.html")


def print_idle(
    labs: list[Lab], servers: list[tuple[psutil.Process, str, Path]], kernels: list[list[int]]
) -> None:
    """What a class that only reads takes of the processors."""

    def spent() -> float:
        open_ones = [server for server, _, _ in servers]
        open_ones += [psutil.Process(number) for numbers in kernels for number in numbers]
        open_ones += [process for lab in labs for process in service_of(lab)]
        return sum(sum(process.cpu_times()[:2]) for process in open_ones)

    before = spent()
    time.sleep(_IDLE_SECONDS)
    share = (spent() - before) / _IDLE_SECONDS
    print(f"all of it, while nobody does anything: {share:.1%} of one processor")


def print_class(page: Path) -> None:
    """What a teacher's look at all of them takes."""
    started = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "owlab", "class", "--html", str(page)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"`owlab class`: {time.perf_counter() - started:.1f} s, {cpu:.1f} s of processor time, "
        f"a page of {page.stat().st_size / 1024:.0f} KB"
    )


def print_memory(labs: list[Lab], servers: list[psutil.Process], kernels: list[list[int]]) -> None:
    """A line for each learner, and the mean."""
    jupyter = sum(map(pss, servers)) / len(labs)
    total = 0.0
    for lab, numbers in zip(labs, kernels, strict=True):
        service, *functions = map(pss, service_of(lab))
        mine = [pss(psutil.Process(number)) for number in numbers]
        together = service + sum(mine) + jupyter
        total += together
        print(
            f"{lab.config.name}: {together:.0f} MB = service {service:.0f}"
            f" + kernels {' + '.join(f'{one:.0f}' for one in mine)} + JupyterLab {jupyter:.0f}"
            f"; beside it {len(functions)} warm functions: {sum(functions):.0f} MB"
        )
    print(f"PSS per learner: {total / len(labs):.0f} MB; at most {TARGET} MB are wanted")


if __name__ == "__main__":
    main()
