"""For all tests: owlab speaks English, property tests may take their time, long files begin."""

import os
import signal
import sys

import pytest
from hypothesis import settings

os.environ["OWLAB_LANG"] = "en"
pytest.register_assert_rewrite("tests.pocket.shell.real_bash")

# A shell starts what it puts in the background deaf to the first two, and nohup to the third;
# they hand that on.
for _signal in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(
            _signal,
            signal.default_int_handler if _signal == signal.SIGINT else signal.SIG_DFL,
        )

settings.register_profile("owlab", deadline=None)
settings.load_profile("owlab")

# A file runs on one processor: begun last, it would keep the others waiting.
LONGEST_FIRST = (
    "incidents/test_incidents.py",
    "guide/test_notebooks_run.py",
    "guide/test_exercises.py",
    "golden/test_real_machines.py",
    "clients/test_ansible.py",
    "clients/test_openwhisk_frameworks.py",
    "site/",
    "chaos/",
    "unit/cli/",
    "pocket/service/",
)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors: many tests wait for what takes its time."""
    return 1 + (len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long stand at the start, where several processors share them."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return  # in the order that they were asked for in

    def place(item: pytest.Item) -> int:
        path = item.nodeid.removeprefix("tests/")
        return next((n for n, start in enumerate(LONGEST_FIRST) if path.startswith(start)), 99)

    items.sort(key=place)
