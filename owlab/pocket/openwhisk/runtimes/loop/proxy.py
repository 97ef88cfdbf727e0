"""Runs an action that is a program of its own, in a container that the supervisor makes.

As OpenWhisk's proxies do: most programs are started once, read a line of JSON for each call, and
answer with a line on their descriptor 3. Native ones are started for each call, read its JSON from
their standard input and first word, and answer with the last line of their standard output.
"""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
from typing import Any

Json = dict[str, Any]
# The Python runtime's worker, which the supervisor has loaded: its frames are ours.
worker: Any = sys.modules["worker"]
ANSWERS = 3
# Above the descriptors that programs take for granted.
HIGH = 10
# The kernel takes no longer word on a command line.
LONGEST_WORD = 131_071
NO_BINARY = "The action failed to generate or locate a binary. See logs for details."


def fail(error: str) -> Json:
    return {"ok": False, "body": {"error": error}}


def parsed(line: bytes) -> Json:
    """A program's answer: an object or an array, as JSON."""
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict | list):
        return {"ok": True, "body": body}
    print(line.decode(errors="replace").rstrip("\n"))
    return fail(worker.NOT_A_DICTIONARY)


def raised(descriptor: int) -> int:
    """The same file by a high number."""
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, HIGH)
    os.close(descriptor)
    return high


class Loop:
    """A process that stays, and answers line by line."""

    def __init__(self, command: list[str], *, told: bool) -> None:
        """``told``: it says when it is ready, as our own launchers do."""
        answers, end = map(raised, os.pipe())
        os.dup2(end, ANSWERS, inheritable=True)
        os.close(end)
        env = os.environ | ({"__OW_WAIT_FOR_ACK": "1"} if told else {})
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, pass_fds=(ANSWERS,), env=env
        )
        os.close(ANSWERS)
        self._answers = os.fdopen(answers, "rb")

    def ready(self) -> Json:
        """What it says first."""
        return self._answer()

    def run(self, value: object, env: Json) -> Json:
        """One call."""
        request = {name.removeprefix("__OW_").lower(): text for name, text in env.items()}
        line = json.dumps(request | {"value": value}) + "\n"
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Json:
        line = self._answers.readline()
        if not line:
            # It has exited: so does its container.
            self._process.wait()
            os._exit(1)
        return parsed(line)


class Each:
    """A program that is started for each call."""

    def __init__(self, binary: str) -> None:
        self._binary = binary

    def run(self, value: object, env: Json) -> Json:
        """One call."""
        text = json.dumps(value)
        words = [text] if len(text.encode()) <= LONGEST_WORD else []
        try:
            done = subprocess.run(
                [self._binary, *words],
                input=text.encode(),
                stdout=subprocess.PIPE,
                env=os.environ | env,
                check=False,
            )
        except OSError as error:
            print(error)
            return fail(worker.NOT_A_DICTIONARY)
        lines = done.stdout.splitlines(keepends=True) or [b""]
        sys.stdout.flush()
        sys.stdout.buffer.write(b"".join(lines[:-1]))
        return parsed(lines[-1])


class ProxiedAction:
    """What the user wrote, once it is placed."""

    def __init__(self) -> None:
        self._program: Loop | Each | None = None

    def init(self, request: Json) -> Json:
        worker.set_environment(request["env"])
        os.chdir(request["directory"])
        if request["compile"]:
            problem = self._compiled(request["compile"], request["compile_env"])
            if problem:
                return fail(problem)
        if request["each"]:
            if not os.access(request["command"][0], os.X_OK):
                return fail(NO_BINARY)
            self._program = Each(request["command"][0])
            return {"ok": True}
        try:
            self._program = Loop(request["command"], told=request["told"])
        except OSError as error:
            print(error)
            return fail(NO_BINARY)
        if not request["told"]:
            return {"ok": True}
        first = self._program.ready()
        return {"ok": True} if first["body"] == {"ok": True} else first | {"ok": False}

    @staticmethod
    def _compiled(command: list[str], env: dict[str, str]) -> str:
        done = subprocess.run(
            command,
            env=os.environ | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.stdout.decode(errors="replace") if done.returncode else ""

    def run(self, request: Json) -> Json:
        assert self._program is not None
        return self._program.run(request["value"], request["env"])


def serve(descriptor: int) -> None:
    """Until the lab is gone."""
    channel = raised(descriptor)
    action = ProxiedAction()
    while True:
        length = int.from_bytes(worker.read_exactly(channel, 4), "big")
        request = json.loads(worker.read_exactly(channel, length))
        reply = getattr(action, request["op"])(request)
        if request["op"] == "init" and not reply["ok"]:
            reply["body"] = reply.get("body") or {"error": NO_BINARY}
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            print(worker.SENTINEL, file=stream, flush=True)
        worker.send(channel, reply)
