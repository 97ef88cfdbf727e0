"""The machine's log: what is written to it, and the ways to read it."""

from __future__ import annotations

import json

import pytest


async def test_a_message_of_ones_own_is_in_the_journal_and_in_the_file(on):
    await on("master", "logger -t backup -p user.err 'disk failed'; logger plain words")
    typed = await on("master", "journalctl -t backup -o cat; tail -n 2 /var/log/syslog")
    lines = typed.out.splitlines()
    assert lines[0] == "disk failed"
    assert lines[1].endswith("master backup: disk failed")
    assert lines[2].endswith("master ubuntu: plain words")
    assert (await on("master", "ls -l /var/log/syslog")).out.startswith("-rw-r----- 1 syslog adm")
    piped = await on("master", "seq 2 | logger -s -t n; journalctl -t n -o cat")
    assert piped.out == "1\n2\n"
    assert piped.err.startswith("<13>")


async def test_the_journal_as_json_keeps_letters_of_all_languages(on):
    await on("master", "logger -t x 'größe 集群'")
    for form in ("json", "json-pretty"):
        typed = await on("master", f"journalctl -t x -o {form}")
        assert "größe 集群" in typed.out, form
        assert json.loads(typed.out)["MESSAGE"] == "größe 集群"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("logger -p nosuch.err x", "logger: unknown facility name: nosuch.err\n"),
        ("logger -p user.loud x", "logger: unknown priority name: user.loud\n"),
        ("journalctl -p loud", "Unknown log level loud\n"),
        ("journalctl nonsense", "Failed to add match 'nonsense': Invalid argument\n"),
        ("journalctl --since soonish", "Failed to parse timestamp: soonish\n"),
        ("journalctl -o nice", "Unknown output format 'nice'.\n"),
        ("journalctl --nosuch", "journalctl: unrecognized option '--nosuch'\n"),
        ("journalctl -b -1", "No such boot ID in journal\n"),
    ],
)
async def test_what_it_refuses(on, line, words):
    typed = await on("master", line)
    assert typed.err.endswith(words)
    assert typed.status == 1


async def test_questions_to_the_journal(on):
    await on(
        "master",
        "for level in debug info warning err; do logger -t p -p user.$level $level; done; "
        "sudo systemctl restart cron",
    )

    async def asked(question: str) -> list[str]:
        shown: str = (await on("master", f"journalctl -o cat {question}")).out
        return shown.splitlines()

    assert await asked("-t p -p warning") == ["warning", "err"]
    assert await asked("-t p -p debug..info") == ["debug", "info"]
    assert await asked("-t p -n 1") == ["err"]
    assert await asked("-rt p") == ["err", "warning", "info", "debug"]
    assert await asked("SYSLOG_IDENTIFIER=p -g WARN") == ["-- No entries --"]
    assert await asked("SYSLOG_IDENTIFIER=p -g warn") == ["warning"]
    assert await asked("-t p --since '1 hour ago' --until now -n1") == ["err"]
    assert await asked("-t p --since tomorrow") == ["-- No entries --"]
    assert await asked("-k") == ["-- No entries --"]
    assert "Started cron.service" in (await asked("-xeu cron"))[-1]
    assert "p" in await asked("-F SYSLOG_IDENTIFIER")
    record = json.loads((await on("master", "journalctl -t p -n 1 -o json")).out)
    assert (record["PRIORITY"], record["MESSAGE"]) == ("3", "err")


async def test_a_new_machine_has_a_journal(on):
    assert "Server listening on 0.0.0.0 port 22." in (await on("master", "journalctl -u ssh")).out


async def test_sudo_leaves_its_trace(on):
    await on("master", "cd /tmp; sudo ls /root; sudo -u nobody id > /dev/null")
    lines = (await on("master", "cat /var/log/auth.log")).out.splitlines()
    assert lines[-2].endswith("  ubuntu : PWD=/tmp ; USER=root ; COMMAND=/usr/bin/ls /root")
    assert "USER=nobody" in lines[-1]
    assert "USER=root" in (await on("master", "journalctl -t sudo -n 2")).out


async def test_older_releases_write_the_older_time(on, master):
    master.spec.image = "22.04"
    await on("master", "logger x")
    assert (await on("master", "tail -n 1 /var/log/syslog")).out.split()[3:] == [
        "master", "ubuntu:", "x",
    ]  # fmt: skip
