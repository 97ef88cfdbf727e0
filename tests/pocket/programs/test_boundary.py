"""Nothing of the simulator shows: every program is given what nobody expects."""

from __future__ import annotations

import re

import pytest

from owlab.pocket.programs.base import load_programs
from owlab.pocket.programs.catalog import BOTH, PLAIN

OURS = sorted(name for name in load_programs() if not name.startswith("__"))
ALL = sorted({*OURS, *PLAIN, *BOTH} - {"reboot", "poweroff", "halt", "shutdown", "yes", "busybox"})
GIVEN = {
    "a missing file": "{} /no/such/file",
    "a directory": "{} /etc",
    "nothing": "{} < /dev/null",
    "a closed pipe": "{} /etc/passwd < /dev/null | true",
    "an unknown flag": "{} --no-such-flag < /dev/null",
    "a question for help": "{} --help < /dev/null",
    "a full disk": "{} /etc/passwd < /dev/null > /dev/full",
    "what may not be read": "{} /etc/shadow < /dev/null",
}
SHOWS = re.compile(
    r"Traceback|RuntimeError|BrokenPipe|output sink|io error|panicked|Did you mean|bashkit|"
    r"Bashkit|feature|the pocket lab failed|not supported|__owlab|builtin failed|set_modified",
)
# These wait for somebody, or for something: a bound keeps them honest.
SLOW = {"watch": "timeout 2 ", "sleep": "timeout 2 ", "top": "timeout 2 ", "ping": "timeout 3 "}


@pytest.mark.parametrize("name", ALL)
async def test_whatever_it_is_given(on, name):
    for what, form in GIVEN.items():
        typed = await on("master", SLOW.get(name, "") + form.format(name))
        assert not SHOWS.search(str(typed)), (what, str(typed)[-400:])
        assert 0 <= typed.status < 256 and typed.status != 70, what
