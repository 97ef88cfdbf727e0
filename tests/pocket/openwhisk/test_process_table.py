"""What is below a process, by the kernel's files and by the table of processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from owlab.pocket.openwhisk import supervisor

pytestmark = pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps")
# A process that has a child, which has one too; each says its number.
CHAIN = (
    "import os, subprocess, sys\n"
    "depth = int(sys.argv[1])\n"
    "print(os.getpid(), flush=True)\n"
    "if depth:\n"
    "    subprocess.run([sys.executable, '-c', sys.argv[2], str(depth - 1), sys.argv[2]])\n"
    "else:\n"
    "    sys.stdin.read()\n"
)


@pytest.fixture
def chain() -> Iterator[list[int]]:
    words = [sys.executable, "-c", CHAIN, "2", CHAIN]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        found = [int(program.stdout.readline()) for _ in range(3)]
        yield found
        program.kill()
        for pid in found[1:]:
            supervisor.send_signal(pid, signal.SIGKILL)


@pytest.fixture(params=["kernel", "table"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "table":
        monkeypatch.setattr(supervisor, "LINUX", False)
    elif not supervisor.LINUX:
        pytest.skip("only Linux has these files")
    return str(request.param)


def test_who_is_below(way: str, chain: list[int]) -> None:
    assert supervisor.children(chain[0]) == [chain[1]]
    assert supervisor.tree(chain[0]) == chain
    assert supervisor.tree(chain[2]) == [chain[2]]
    assert chain[0] in supervisor.children(os.getpid())


def test_how_much_they_have(way: str, chain: list[int]) -> None:
    each = [supervisor.resident([pid]) for pid in chain]
    assert all(1 << 20 < size < 1 << 30 for size in each)
    together = supervisor.resident(chain)
    assert abs(together - sum(each)) < sum(each) / 5
    assert supervisor.resident([]) == 0


def test_what_is_shared_counts_once(chain: list[int]) -> None:
    if not supervisor.LINUX:
        pytest.skip("only Linux tells it")
    assert 0 < supervisor.proportional(chain) < supervisor.resident(chain)
    assert supervisor.proportional([]) == 0


def test_the_table_of_processes(chain: list[int]) -> None:
    rows = {pid: (parent, size) for pid, parent, size in supervisor.table()}
    assert rows[chain[0]][0] == os.getpid() and rows[chain[2]][0] == chain[1]
    # In bytes.
    assert all(1 << 20 < rows[pid][1] < 1 << 30 for pid in chain)


def test_who_is_gone_is_no_fault(way: str) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as program:
        program.wait()
    assert supervisor.children(program.pid) == []
    assert supervisor.tree(program.pid) == [program.pid]
    assert supervisor.resident([program.pid]) == 0
    supervisor.send_signal(program.pid, signal.SIGTERM)


def test_all_of_them_are_ended(chain: list[int]) -> None:
    supervisor.kill(chain[0])
    _, status = os.waitpid(chain[0], 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    for pid in chain[1:]:
        for _ in range(500):
            row = next((row for row in supervisor.table() if row[0] == pid), None)
            if row is None or row[2] == 0:
                break
        else:
            raise AssertionError(f"{pid} goes on")
