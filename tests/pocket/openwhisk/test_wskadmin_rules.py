"""What wskadmin says and refuses, command by command."""

from __future__ import annotations

import pytest

from owlab.pocket.openwhisk.service import Service
from owlab.pocket.openwhisk.wskadmin import run

UUID = "33333333-2222-4333-8444-555555555555"
KEY = f"{UUID}:" + "k" * 64
OTHER = f"{UUID}:" + "o" * 64
MISSING = '{"error":"not_found","reason":"missing"}'


def wskadmin(service: Service, line: str) -> tuple[int, str]:
    status, out, err = run(service, line.split())
    assert err == ""
    return status, out.removesuffix("\n")


@pytest.fixture
def ada(service: Service) -> Service:
    assert wskadmin(service, f"user create ada-l -u {KEY}") == (0, KEY)
    return service


@pytest.mark.parametrize(
    ("line", "status", "sentence"),
    [
        ("create ada5", 2, "Subject name must be at least 5 characters"),
        (f"create alans -u x:{'k' * 64}", 2, "authorization id is not a valid UUID"),
        (f"create alans -u {UUID}", 2,
         "failed to determine authorization id and key: list index out of range"),
        (f"create alans -u {UUID}:{'k' * 63}", 2,
         "authorization key must be at least 64 characters long"),
        ("create ada-l", 1, "Namespace already exists"),
        ("create alans -ns ada-l", 1,
         'Failed to create subject (namespace "ada-l" is that of another)'),
        ("create alans -ns ada-l --revoke", 1,
         'Failed to create subject (namespace "ada-l" is that of another)'),
        ("delete alans", 1, f"Failed to delete subject ({MISSING})"),
        ("delete ada-l -ns other", 1, 'Namespace "other" does not exist for "ada-l"'),
        ("get alans", 1, f"Failed to get subject ({MISSING})"),
        ("get ada-l -ns other", 1, 'namespace "other" not found for "ada-l"'),
        ("block alans", 1, f'Failed to block "alans" ({MISSING})'),
        ("unblock alans bob-b", 2,
         f'Failed to unblock "alans" ({MISSING})\nFailed to unblock "bob-b" ({MISSING})'),
        ("list ada-l -p 0", 2, "pick at least 1 identity to show"),
        ("list alans", 0, 'no identities found for namespace "alans"'),
        (f"whois {OTHER}", 0, "Subject id is not recognized"),
    ],
)  # fmt: skip
def test_what_is_said(ada: Service, line: str, status: int, sentence: str) -> None:
    before = ada.subjects.all()
    assert wskadmin(ada, f"user {line}") == (status, sentence)
    assert ada.subjects.all() == before


def test_a_subject_has_several_namespaces(ada: Service) -> None:
    assert wskadmin(ada, f"user create ada-l -ns club -u {OTHER}") == (0, OTHER)
    assert wskadmin(ada, "user get ada-l") == (0, KEY)
    assert wskadmin(ada, "user get ada-l -ns club") == (0, OTHER)
    assert wskadmin(ada, "user get ada-l --all") == (0, f"ada-l\t{KEY}\nclub\t{OTHER}")
    assert wskadmin(ada, f"user whois {OTHER}") == (0, "subject: ada-l\nnamespace: club")
    assert wskadmin(ada, "user list club") == (0, f"{OTHER}\tada-l")
    assert wskadmin(ada, "user list club -k") == (0, OTHER)
    assert wskadmin(ada, "user list club --all") == (0, f"{OTHER}\tada-l")
    assert wskadmin(ada, "user delete ada-l -ns club") == (0, "Namespace deleted")
    assert wskadmin(ada, "user get ada-l --all") == (0, f"ada-l\t{KEY}")
    wskadmin(ada, f"user create ada-l -ns club -u {OTHER}")
    assert wskadmin(ada, "user delete ada-l") == (0, "Subject deleted")
    assert wskadmin(ada, "user list club") == (0, 'no identities found for namespace "club"')


def test_who_is_blocked_is_nobody(ada: Service) -> None:
    assert wskadmin(ada, "user block ada-l none-") == (
        1,
        f'"ada-l" blocked successfully\nFailed to block "none-" ({MISSING})',
    )
    assert wskadmin(ada, f"user whois {KEY}") == (0, "Subject id is not recognized")
    assert wskadmin(ada, "user list ada-l") == (0, 'no identities found for namespace "ada-l"')
    refused = (1, "The subject you want to edit is blocked")
    assert wskadmin(ada, "user create ada-l -ns club") == refused
    assert wskadmin(ada, "user create ada-l --revoke") == refused
    assert wskadmin(ada, "user unblock ada-l") == (0, '"ada-l" unblocked successfully')
    assert wskadmin(ada, f"user whois {KEY}")[1].startswith("subject: ada-l")


def test_a_key_is_shown_or_not_and_stored_or_not(ada: Service) -> None:
    status, key = wskadmin(ada, "user create alans --genonly")
    uid, _, secret = key.partition(":")
    assert (status, len(uid), len(secret)) == (0, 36, 64) and secret.isalnum()
    assert ada.subjects.find("alans") is None
    assert wskadmin(ada, "user create alans --silent") == (0, "")
    made = ada.subjects.find("alans")
    assert made is not None and made.key != key


def test_a_new_key_keeps_the_limits(ada: Service) -> None:
    wskadmin(ada, "limits set ada-l --firesPerMinute 3")
    assert wskadmin(ada, f"user create ada-l --revoke -u {OTHER}") == (0, OTHER)
    assert wskadmin(ada, "limits get ada-l") == (0, "firesPerMinute = 3")


def test_limits_add_up_and_go(ada: Service) -> None:
    done = (0, 'Limits successfully set for "ada-l"')
    assert wskadmin(ada, "limits set ada-l --concurrentInvocations 0") == done
    assert wskadmin(ada, "limits set ada-l --allowedKinds python:3 nodejs:14") == done
    assert wskadmin(ada, "limits set ada-l --storeActivations YES") == done
    assert wskadmin(ada, "limits get ada-l") == (
        0,
        "concurrentInvocations = 0\nallowedKinds = ['python:3', 'nodejs:14']\n"
        "storeActivations = True",
    )
    assert wskadmin(ada, "limits delete ada-l") == (0, "Limits deleted")
    assert wskadmin(ada, "limits delete ada-l") == (1, f"Failed to delete limits ({MISSING})")
    assert wskadmin(ada, "limits delete none") == (1, f"Failed to delete limits ({MISSING})")
    assert wskadmin(ada, "limits set none --firesPerMinute 1") == (
        1,
        'Failed to set limits (namespace "none" does not exist)',
    )


@pytest.mark.parametrize(
    ("line", "wanted"),
    [("yes", True), ("True", True), ("no", False), ("FALSE", False), ("maybe", None)],
)
def test_truth(ada: Service, line: str, wanted: bool | None) -> None:
    status, _, err = run(ada, ["limits", "set", "ada-l", "--storeActivations", line])
    if wanted is None:
        assert status == 2 and "maybe is not a valid boolean." in err
        assert ada.subjects.limits("ada-l") == {}
    else:
        assert status == 0 and ada.subjects.limits("ada-l") == {"storeActivations": wanted}


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["user"],
        ["limits"],
        ["db"],
        ["user", "create"],
        ["user", "block"],
        ["nothing"],
        ["db", "get"],
    ],
)
def test_what_is_missing_is_a_wrong_use(service: Service, words: list[str]) -> None:
    status, out, err = run(service, words)
    assert (status, out) == (2, "") and err.startswith("usage: wskadmin")


def test_logs_of_all_parts_are_looked_for(service: Service) -> None:
    _, _, err = run(service, ["syslog", "get"])
    assert [line.split("/")[3] for line in err.splitlines()[:-1]] == [
        "controller0", "scheduler0", "invoker0",
    ]  # fmt: skip


def test_a_view_has_a_design_document(service: Service) -> None:
    status, out, _ = run(service, ["db", "get", "whisks", "-w", "actions"])
    assert status == 2
    assert out == 'view name "actions" is not formatted correctly, should be design/view\n'
