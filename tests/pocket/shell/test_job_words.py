"""What `jobs`, `fg`, `bg`, `wait`, `disown` and `kill` answer at a prompt, line by line."""

from __future__ import annotations

from .test_jobs import Terminal, terminal

__all__ = ["terminal"]
TYPED = """\
$ jobs -z; echo $?
2
bash: jobs: -z: invalid option
jobs: usage: jobs [-lnprs] [jobspec ...] or jobs -x command [args]
$ jobs %5; echo $?
1
bash: jobs: %5: no such job
$ fg; echo $?
1
bash: fg: current: no such job
$ fg 2; echo $?
1
bash: fg: 2: no such job
$ bg; echo $?
1
bash: bg: current: no such job
$ bg %3 x; echo $?
1
bash: bg: %3: no such job
bash: bg: x: no such job
$ disown %7; echo $?
1
bash: disown: %7: no such job
$ disown; echo $?
1
bash: disown: current: no such job
$ kill; echo $?
2
kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]
$ kill -l 9 137 TERM SIGHUP; echo $?
0
1
15
KILL
KILL
$ kill -l nope 15; echo $?
1
TERM
bash: kill: nope: invalid signal specification
$ kill -s NOPE 1; echo $?
1
bash: kill: NOPE: invalid signal specification
$ kill -NOPE 1; echo $?
1
bash: kill: NOPE: invalid signal specification
$ kill -n 99 1; echo $?
1
bash: kill: 99: invalid signal specification
$ kill %9; echo $?
1
bash: kill: %9: no such job
$ kill abc; echo $?
1
bash: kill: abc: arguments must be process or job IDs
$ kill 99999 abc; echo $?
1
bash: kill: (99999) - No such process
bash: kill: abc: arguments must be process or job IDs
$ kill -0 99999; echo $?
1
bash: kill: (99999) - No such process
$ wait %4; echo $?
127
bash: wait: %4: no such job
$ wait -n; echo $?
127
$ sleep 30 &
[1] 20001
$ sleep 40 &
[2] 20002
$ bg %1; echo $?
0
bash: bg: job 1 already in background
$ jobs -p
20001
20002
$ jobs -l
[1]- 20001 Running                 sleep 30 &
[2]+ 20002 Running                 sleep 40 &
$ jobs -r %?30; jobs %?40
[1]-  Running                 sleep 30 &
[2]+  Running                 sleep 40 &
$ jobs -s; echo $?
0
$ kill -0 %1; echo $?
0
$ kill -STOP %1
$ jobs
[1]+  Stopped                 sleep 30
[2]-  Running                 sleep 40 &
$ jobs -s; jobs -r
[1]+  Stopped                 sleep 30
[2]-  Running                 sleep 40 &
$ bg
[1]+ sleep 30 &
$ jobs %1
[1]+  Running                 sleep 30 &
$ kill -CHLD %1; kill -s STOP %2; jobs
[1]-  Running                 sleep 30 &
[2]+  Stopped                 sleep 40
$ kill -n 18 %2; jobs %2
[2]+  Running                 sleep 40 &
$ disown -h %2; jobs
[1]-  Running                 sleep 30 &
[2]+  Running                 sleep 40 &
$ disown -r %1 %9; echo $?
1
bash: disown: %9: no such job
$ jobs
[2]+  Running                 sleep 40 &
$ disown -a; jobs
$ kill %1; echo $?
1
bash: kill: %1: no such job
$ true
"""
"""Below each line what it shows, in the order of letters: errors come by another way."""


async def test_lines_about_jobs(terminal: Terminal) -> None:
    seen = ""
    for line in TYPED.splitlines():
        if line.startswith("$ "):
            shown = (await terminal.type(line[2:])).splitlines()
            seen += "".join(f"{one}\n" for one in [line, *sorted(shown)] if one)
    assert seen == TYPED
