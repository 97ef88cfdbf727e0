"""What wsk refuses, in whose words, and with which exit status."""

from __future__ import annotations

import asyncio
import re

import pytest

from ..openwhisk.conftest import GUEST
from .conftest import Shell

USAGE = "Run 'wsk --help' for usage.\n"
CODE = r" \(code [0-9A-Za-z]{32}\)"
ECHO = "echo 'function main(a) { return a }' > echo.js\n"
REFUSED = [
    (
        "wsk --apihost '' action list",
        1,
        "The API host is not valid: An API host must be provided.\n",
    ),
    (
        "wsk -i --apihost 127.0.0.1:1 action list",
        2,
        "Unable to .*Authorization key is not configured \\(--auth is required\\)",
    ),
    (
        "sudo wsk -i action create",
        1,
        r"Invalid argument\(s\)\. An action name and code artifact are required\.",
    ),
    (
        "sudo wsk -i action create x nofile.js",
        2,
        r"Invalid argument\(s\)\. File 'nofile.js' is not a valid file or it does not exist",
    ),
    (
        "sudo wsk -i action invoke echo -p name",
        1,
        "Failed to parse arguments: The parameter arguments are invalid: "
        "Arguments for '-p' must be a key/value pair",
    ),
    (
        f"wsk -i --apihost 127.0.0.1:1 --auth {GUEST} action list",
        3,
        ".*dial tcp 127.0.0.1:1: connect: connection refused",
    ),
    (
        "sudo wsk -i action create badkind echo.js --kind nodejs:99",
        144,
        "Unable to create action 'badkind': The request content was malformed:\n"
        "The specified runtime 'nodejs:99' is not supported by this platform. "
        f"Valid values are: .*{CODE}",
    ),
    (
        f"sudo wsk -i --auth {GUEST}x action list",
        145,
        f".*The supplied authentication is invalid.{CODE}",
    ),
    (
        "sudo wsk -i action list /whisk.system",
        147,
        f".*The supplied authentication is not authorized to access this resource.{CODE}",
    ),
    (
        "sudo wsk -i action get missing",
        148,
        f"Unable to get action 'missing': The requested resource does not exist.{CODE}",
    ),
    (
        "sudo wsk -i action create echo echo.js",
        153,
        f"Unable to create action 'echo': resource already exists{CODE}",
    ),
]


@pytest.mark.parametrize(("line", "status", "text"), REFUSED, ids=[line for line, *_ in REFUSED])
async def test_refusals(shell: Shell, configured: str, line: str, status: int, text: str) -> None:
    await shell(f"{ECHO}sudo wsk -i action create echo echo.js")
    ran = await shell(line)
    assert ran.out == ""
    assert re.fullmatch(f"error: {text}\n{USAGE}", ran.err, re.DOTALL), ran.err
    assert ran.status == status


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("wsk action list --nonsense", "unknown flag: --nonsense\n"),
        ("wsk action list -l five", 'invalid argument "five" for "-l, --limit" flag: '),
    ],
)
async def test_flags_that_make_no_sense(shell: Shell, line: str, text: str) -> None:
    ran = await shell(line)
    assert (ran.status, ran.out) == (1, "") and ran.err.startswith(text)


async def test_no_key(shell: Shell, host: str) -> None:
    ran = await shell(f"wsk -i --apihost {host} action list")
    assert ran.status == 2
    assert ran.err.endswith(
        "Unable to add the HTTP authentication header: Authorization key is not configured "
        f"(--auth is required)\n{USAGE}"
    )


@pytest.mark.parametrize("line", ["list", "get /a", "delete /a"])
async def test_no_key_for_the_gateway(shell: Shell, host: str, line: str) -> None:
    ran = await shell(f"wsk -i --apihost {host} api {line}")
    assert (ran.status, ran.out, ran.err) == (
        *(1, ""),
        "error: Authorization key is not configured (--auth is required)\n",
    )


@pytest.mark.parametrize(
    ("host", "at"),
    [
        ("127.0.0.1", "127.0.0.1:443"),
        ("https://127.0.0.1", "127.0.0.1:443"),
        ("http://127.0.0.1", "127.0.0.1:80"),
        ("http://127.0.0.1:1", "127.0.0.1:1"),
    ],
)
async def test_the_port_that_nobody_answers_at(shell: Shell, host: str, at: str) -> None:
    ran = await shell(f"wsk --apihost {host} --auth a:b action list")
    url = host if "://" in host else f"https://{host}"
    assert (ran.status, ran.err) == (
        3,
        "error: Unable to obtain the list of actions for namespace 'default': "
        f'Get "{url}/api/v1/namespaces/_/actions?limit=30&skip=0": '
        f"dial tcp {at}: connect: connection refused\n{USAGE}",
    )


@pytest.mark.parametrize("code", ["return {error: 'mine'}", "throw new Error('boom')"])
async def test_failing_actions(shell: Shell, configured: str, code: str) -> None:
    await shell(f'echo "function main() {{ {code} }}" > f.js; sudo wsk -i action create f f.js')
    ran = await shell("sudo wsk -i action invoke f --result")
    assert (ran.status, ran.out) == (246, "")
    assert ran.err.startswith('{\n    "error": ')
    ran = await shell("sudo wsk -i action invoke f --blocking")
    assert ran.status == 246
    assert ran.out == "" and ran.err.startswith("ok: invoked /_/f with id ")
    assert '"activationId"' in ran.err


@pytest.mark.parametrize("limits", [{"invocations_per_minute": 1}])
async def test_throttled(shell: Shell, configured: str) -> None:
    await shell(f"{ECHO}sudo wsk -i action create e echo.js")
    assert (await shell("sudo wsk -i action invoke e")).status == 0
    ran = await shell("sudo wsk -i action invoke e")
    text = "Too many requests in the last minute (count: 2, allowed: 1). (code "
    assert ran.err.startswith(f"error: Unable to invoke action 'e': {text}")
    assert ran.status == 173


async def test_unknown_commands(shell: Shell) -> None:
    ran = await shell("wsk bogus")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.count('unknown command "bogus" for "wsk"') == 2
    ran = await shell("wsk action bogus")
    assert (ran.status, ran.err) == (0, "")
    assert "Available Commands:" in ran.out


@pytest.mark.parametrize(
    ("status", "code", "body"),
    [
        (202, 202, '{"activationId": "0123456789abcdef0123456789abcdef"}'),
        (500, 244, '{"activationId": "x", "response": {"result": {"error": "hidden"}}}'),
        (504, 248, "<html>late</html>"),
    ],
)
async def test_answers_of_a_busy_openwhisk(shell: Shell, status: int, code: int, body: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        line = f"wsk --apihost http://127.0.0.1:{port} --auth {GUEST} action invoke slow -r"
        ran = await shell(line)
    assert (ran.status, ran.out) == (code, "")
    if status == 202:
        text = "ok: invoked /_/slow, but the request has not yet finished, with id 0123456789abcdef"
    else:
        text = (
            "error: Unable to invoke action 'slow': The connection failed, or timed out. "
            f"(HTTP status code {status})"
        )
    assert ran.err.startswith(text)
