"""python3 on a machine: the real interpreter, with the machine's files and nothing else."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("python3 -c 'print(1+1)'", "2\n"),
        ("echo '{\"a\":1}' | python3 -m json.tool --compact", '{"a":1}\n'),
        ("echo 'print(5)' | python3", "5\n"),
        ("python3 -c 'print(open(\"/etc/hostname\").read())'", "master\n\n"),
        ("cd /; python3 -c 'import os; print(os.path.exists(\"/usr/bin\"))'", "False\n"),
        ("echo 'import sys; print(sys.argv)' > x.py; python3 x.py a", "['x.py', 'a']\n"),
        ('python3 -c \'open("o", "w").write("hi")\'; cat o; stat -c %U o', "hiubuntu\n"),
        ("touch x; python3 -c 'import os; os.remove(\"x\")'; ls", ""),
        ("python3 -c 'import sys; sys.exit(3)'; echo $?", "3\n"),
        (
            "printf '#!/usr/bin/env python3\\nimport os\\nprint(os.getcwd())\\n' > s; chmod +x s; "
            "mv s s.py; ./s.py",
            "/home/ubuntu\n",
        ),
    ],
)
async def test_what_it_does(on, script, out):
    assert (await on("master", script)).out == out


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("open('/etc/passwd-of-this-computer')", "FileNotFoundError"),
        (f"open({__file__!r})", "FileNotFoundError"),
        ("open('/proc/self/environ')", "FileNotFoundError"),
        ("open('/etc/shadow')", "FileNotFoundError"),
        ("import os; os.system('id')", "starts no programs"),
        ("import subprocess; subprocess.run(['id'])", "starts no programs"),
        ("import socket; socket.create_connection(('127.0.0.1', 1))", "opens no sockets"),
        ("import os; print(os.listdir('/usr'))", "FileNotFoundError"),
    ],
)
async def test_what_it_does_not(on, code, words):
    typed = await on("master", f'python3 -c "{code}"')
    assert words in typed.err
    assert "python_boot" not in typed.err
    assert typed.status == 1


async def test_its_own_words(on):
    typed = await on("master", "python3 nofile.py; python3 --version; python3 -c")
    assert "python3: can't open file '/home/ubuntu/nofile.py': [Errno 2] No such file" in typed.err
    assert typed.out.startswith("Python 3.")
