"""`wsk sdk install bashauto`: its script in a real bash."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from owlab.pocket.programs.wsk.bash_completion import FILE, INSTALLED, script

from .conftest import Shell


def completed(*words: str) -> list[str]:
    """What bash offers for the last word."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash on this computer")
    given = " ".join(f"'{word}'" for word in words)
    asked = f"COMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; _wsk; "
    asked += "printf '%s\\n' \"${COMPREPLY[@]}\""
    done = subprocess.run(
        [bash, "-c", f"{script()}\n{asked}"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("wsk", "acti"), ["action", "activation"]),
        (("wsk", "-i", "rule", "en"), ["enable"]),
        (("wsk", "action", "get", "--sa"), ["--save", "--save-as"]),
        (("wsk", "action", "create", "name", "--conc"), ["--concurrency"]),
        (("wsk", "project", "--proj"), ["--project", "--projectname"]),
    ],
)
def test_words_are_completed(words: tuple[str, ...], offered: list[str]) -> None:
    assert completed(*words) == offered


async def test_it_is_printed_or_written(shell: Shell, configured: str) -> None:
    assert (await shell("wsk sdk install bashauto --stdout")).out == script()
    ran = await shell("wsk sdk install bashauto")
    assert (ran.status, ran.out, ran.err) == (0, INSTALLED, "")
    assert (await shell(f"cat {FILE}")).out == script()
    # Nothing of it needs an OpenWhisk; the other components do.
    ran = await shell("wsk sdk install docker")
    assert ran.status == 1 and "The API host is not valid" in ran.err
    ran = await shell("sudo wsk -i sdk install docker")
    assert ran.status == 1 and ran.err.endswith("dial tcp: lookup github.com: no such host\n")
    ran = await shell("touch OpenWhiskIOSStarterApp.zip; sudo wsk -i sdk install iOS")
    assert "already exists.  Delete it and retry." in ran.err
