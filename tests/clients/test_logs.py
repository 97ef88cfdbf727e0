"""``kubectl logs``: since when, how much, and of which start."""

from __future__ import annotations

import subprocess

from ..waiting import until
from .api_server import ApiServer


def _run(api: ApiServer, name: str, script: str) -> None:
    words = ("run", name, "--image=busybox", "--", "sh", "-c", script)
    subprocess.run(api.words(*words), check=True, capture_output=True)


def test_each_line_has_the_time_at_which_it_was_printed(api: ApiServer) -> None:
    _run(api, "teller", "echo early; sleep 4; echo late; sleep 300")
    until(lambda: "late" in api.kubectl("logs teller"))
    early, late = api.kubectl("logs teller --timestamps").splitlines()
    moment, _, text = late.partition(" ")
    assert (early.split()[1], text) == ("early", "late")
    assert moment > early.split()[0]
    assert api.kubectl(f"logs teller --since-time={moment}") == "late\n"
    assert api.kubectl("logs teller --since=1h --tail=1") == "late\n"
    assert api.kubectl("logs teller --limit-bytes=7") == "early\nl"
    assert api.kubectl("logs teller -f --limit-bytes=7") == "early\nl", "it ends by itself"
    until(lambda: api.kubectl("logs teller --since=2s") == "", pause=0.5)
    assert "must be greater than 0" in api.kubectl("logs teller --limit-bytes=-1", fails=True)
    api.kubectl("delete pod teller --now")


def test_what_was_printed_before_it_was_started_again(api: ApiServer) -> None:
    _run(api, "twice", "sleep 1; echo started at $(date +%s%N); sleep 1; exit 1")
    told = api.kubectl("logs twice --previous", fails=True)
    assert 'previous terminated container "twice" in pod "twice" not found' in told
    until(lambda: "started" in api.kubectl("logs twice"))
    first = api.kubectl("logs twice")
    restarts = "get pod twice -o jsonpath={.status.containerStatuses[0].restartCount}"
    until(lambda: api.kubectl(restarts) == "1")
    assert api.kubectl("logs twice --previous") == first
    api.kubectl("delete pod twice --now")
