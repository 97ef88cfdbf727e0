"""What the guide types, and what it shows."""

from __future__ import annotations

import httpx

from ..openwhisk.conftest import GUEST
from .conftest import Shell

HELLO_CLI = """cat > hello_cli.js <<'EOF'
function main(params) {
    var name = params.name || 'World';
    return {payload: 'Hello, ' + name + '!'};
}
EOF
"""
HELLO_WEB = """cat > hello_web.py <<'EOF'
def main(args):
    return {
        "statusCode": 200,
        "headers": { "Content-Type": "application/json" },
        "body": args
    }
EOF
"""


async def test_properties(shell: Shell, host: str) -> None:
    ran = await shell(f"sudo wsk property set --apihost {host}")
    assert ran.out == f"ok: whisk API host set to {host}\n"
    ran = await shell(f"sudo wsk property set --auth {GUEST}")
    assert ran.out == "ok: whisk auth set. Run 'wsk property get --auth' to see the new value.\n"
    assert (await shell("sudo wsk property get --auth")).out == f"whisk auth\t\t{GUEST}\n"
    assert (await shell("wsk property get --apihost -o raw")).out == "\n"


async def test_packages(shell: Shell, configured: str) -> None:
    ran = await shell("sudo wsk -i package list /whisk.system")
    names = ["messaging", "alarms", "websocket", "utils", "samples", "slack", "github"]
    rows = "".join(f"{'/whisk.system/' + name:<70} shared\n" for name in names)
    assert (ran.status, ran.out, ran.err) == (0, "packages\n" + rows, "")


async def test_section_7_1(shell: Shell, configured: str) -> None:
    ran = await shell(HELLO_CLI + "sudo wsk -i action create hellocli hello_cli.js")
    assert (ran.out, ran.err) == ("ok: created action hellocli\n", "")
    ran = await shell("sudo wsk -i action invoke hellocli --result")
    assert ran.out == '{\n    "payload": "Hello, World!"\n}\n'
    ran = await shell("sudo wsk -i action invoke hellocli --result --param name JavaScript")
    assert ran.out == '{\n    "payload": "Hello, JavaScript!"\n}\n'


async def test_section_7_2(shell: Shell, configured: str) -> None:
    ran = await shell(HELLO_WEB + "sudo wsk -i action create helloweb hello_web.py --web true")
    assert ran.out == "ok: created action helloweb\n"
    ran = await shell("sudo wsk -i action get helloweb --url")
    url = f"https://{configured}/api/v1/web/guest/default/helloweb"
    assert ran.out == f"ok: got action helloweb\n{url}\n"
    agent = {"accept": "*/*", "user-agent": "curl/7.81.0"}
    async with httpx.AsyncClient(verify=False) as client:
        request = client.build_request("GET", url, params={"name": "Python"}, headers=agent)
        del request.headers["accept-encoding"]
        answer = await client.send(request)
    assert answer.text == (
        '{\n  "__ow_headers": {\n    "accept": "*/*",\n    "host": "controllers",\n'
        '    "user-agent": "curl/7.81.0"\n  },\n  "__ow_method": "get",\n'
        '  "__ow_path": "",\n  "name": "Python"\n}'
    )


async def test_errors(shell: Shell, configured: str) -> None:
    usage = "Run 'wsk --help' for usage.\n"
    ran = await shell("sudo wsk -i action get missing")
    assert ran.status == 148
    assert ran.err.startswith(
        "error: Unable to get action 'missing': The requested resource does not exist. (code "
    )
    ran = await shell("sudo wsk -i action create x nofile.js")
    text = "error: Invalid argument(s). File 'nofile.js' is not a valid file or it does not exist\n"
    assert (ran.status, ran.err) == (2, text + usage)
    ran = await shell("wsk action list")
    text = "error: The API host is not valid: An API host must be provided.\n\n"
    assert (ran.status, ran.err) == (1, text + usage)
    ran = await shell("sudo wsk action list")
    assert (ran.status, "x509: " in ran.err) == (3, True)
    ran = await shell("sudo wsk -i action invoke x -p name")
    assert ran.status == 1 and "Arguments for '-p' must be a key/value pair" in ran.err


async def test_activations(shell: Shell, configured: str) -> None:
    await shell(
        "echo 'def main(a): print(\"hi\"); return {}' > a.py; sudo wsk -i action create a a.py"
    )
    ran = await shell("sudo wsk -i action invoke a --blocking")
    assert ran.out.startswith("ok: invoked /_/a with id ")
    head, row = (await shell("sudo wsk -i activation list")).out.splitlines()
    assert head.startswith("Datetime            Activation ID                    Kind")
    assert "cold" in row and row.endswith("guest/a:0.0.1")
    assert (await shell("sudo wsk -i activation logs --last --strip")).out == "hi\n"
