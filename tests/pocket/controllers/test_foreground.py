"""What a container's shell is given of the words of `kubectl exec`."""

from __future__ import annotations

import pytest

from owlab.pocket.kube.containers.foreground import is_shell, script_of


@pytest.mark.parametrize(
    ("words", "script"),
    [
        (["sh", "-c", "ls; pwd"], "ls; pwd"),
        (["/bin/sh", "-c", "ls"], "ls"),
        (["/usr/bin/bash", "-ec", "false; ls"], "set -e\nfalse; ls"),
        (["ash", "-exc", "ls"], "set -ex\nls"),
        (["sh", "-c", 'echo "$1"', "name", "a b", "c"], "set -- 'a b' c\necho \"$1\""),
        (["bash", "-ec", "ls", "name", "x"], "set -e\nset -- x\nls"),
        (["sh", "-c"], "sh -c"),
        (["sh", "file", "x"], "sh file x"),
        (["grep", "-c", "a b", "f"], "grep -c 'a b' f"),
        (["python3", "-c", "print(1)"], "python3 -c 'print(1)'"),
        (["/opt/bin/sh", "-c", "ls"], "/opt/bin/sh -c ls"),
        (["zsh", "-c", "ls"], "zsh -c ls"),
        (["ls", "a b"], "ls 'a b'"),
        (["tail", "-f", "/dev/null"], "sleep infinity"),
        (["sh", "-c", "echo on; tail -F /dev/null"], "echo on; sleep infinity"),
        (["tail", "-f", "/var/log/x"], "tail -f /var/log/x"),
    ],
)
def test_the_words_as_a_script(words: list[str], script: str) -> None:
    assert script_of(words) == script


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (["sh"], True),
        (["/bin/bash", "-i"], True),
        (["bash", "--login", "-s"], True),
        (["ash", "-"], True),
        (["sh", "-c", "ls"], False),
        (["bash", "file"], False),
        (["/opt/sh"], False),
        (["cat"], False),
        ([], False),
    ],
)
def test_a_shell_that_reads_its_commands(words: list[str], read: bool) -> None:
    assert is_shell(words) is read
