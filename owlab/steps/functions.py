"""Section 7: functions, called by the wsk CLI and over the web."""

from __future__ import annotations

from collections.abc import Iterator

from owlab.command import Command
from owlab.errors import CommandError
from owlab.lab import Lab
from owlab.language import N_, _
from owlab.step import Check, Evidence, Step, on_master
from owlab.steps import addresses, certificate, openwhisk, replies, wsk
from owlab.steps.control import control
from owlab.steps.undoing import if_succeeds

HELLO_CLI = """\
function main(params) {
    var name = params.name || 'World';
    return {payload: 'Hello, ' + name + '!'};
}
"""

HELLO_WEB = """\
def main(args):
    return {
        "statusCode": 200,
        "headers": { "Content-Type": "application/json" },
        "body": args
    }
"""


def _write(lab: Lab, name: str, code: str) -> Command:
    home = control(lab).home
    return Command(
        f"mkdir -p {home}/functions && cd {home}/functions &&\ncat > {name} <<'EOF'\n{code}EOF",
        on=control(lab).machine,
    )


def _deploy(lab: Lab, action: str, file: str, options: str = "") -> Command:
    # `create` refuses an action that exists; `update` makes or replaces it.
    verb = "create" if lab.config.as_written else "update"
    here = control(lab)
    return Command(
        f"cd {here.home}/functions && {wsk.program(lab)} action {verb} {action} {file}{options}",
        on=here.machine,
    )


def invocation(lab: Lab, parameters: str = "") -> Command:
    """Call ``hellocli`` and wait for its result."""
    return Command(
        f"{wsk.program(lab)} action invoke hellocli --result{parameters}",
        on=control(lab).machine,
        timeout=90,
    )


def _delete(lab: Lab, action: str) -> Command:
    program = wsk.program(lab)
    delete = if_succeeds(f"{program} action get {action}", f"{program} action delete {action}")
    return Command(delete, on=control(lab).machine)


def _deploy_cli(lab: Lab, machine: str) -> Iterator[Command]:
    yield _write(lab, "hello_cli.js", HELLO_CLI)
    yield _deploy(lab, "hellocli", "hello_cli.js")
    yield invocation(lab)
    yield invocation(lab, " --param name JavaScript")


def _cli_answers(lab: Lab, machine: str) -> Check:
    called = lab.read(invocation(lab, " --param name JavaScript"))
    answer = replies.result_of(called)
    right = answer == {"payload": "Hello, JavaScript!"}
    seen = str(answer["payload"]) if right else replies.reason(called)
    return Check((Evidence(_("hellocli answers"), right, seen),))


deploy_cli = Step(
    key="functions.deploy_cli",
    section="7.1",
    title=N_("deploy a function and call it with wsk"),
    commands=_deploy_cli,
    check=_cli_answers,
    where=on_master,
    needs=(openwhisk.deploy,),
    undo=lambda lab, machine: iter([_delete(lab, "hellocli")]),
    deadline=120,
    expect="""\
{
    "payload": "Hello, World!"
}
{
    "payload": "Hello, JavaScript!"
}""",
)


def web_url(lab: Lab) -> str:
    """The address of the web action, with the variable for the master's public address in it."""
    return f"https://${{{addresses.public(lab).name}}}:{lab.config.openwhisk.port}/api/v1/web/guest/default/helloweb"


def web_call(lab: Lab, query: str = "") -> Command:
    """Call ``helloweb`` from the laptop with curl. Quoted: a bare ``?`` is a pattern to zsh."""
    curl, variables = certificate.curl(lab)
    verify = ' <<< "${OPENWHISK_CA}"' if variables else ""
    return Command(
        f'{curl} -sS --max-time 75 "{web_url(lab)}{query}"{verify}',
        variables=(addresses.public(lab), *variables),
        timeout=90,
    )


def _deploy_web(lab: Lab, machine: str) -> Iterator[Command]:
    yield _write(lab, "hello_web.py", HELLO_WEB)
    yield _deploy(lab, "helloweb", "hello_web.py", " --web true")
    yield Command(f"{wsk.program(lab)} action get helloweb --url", on=machine)
    yield web_call(lab)
    yield web_call(lab, "?name=Python")


def _web_answers(lab: Lab, machine: str) -> Check:
    call = web_call(lab, "?name=Python")
    try:
        called = lab.read(call)
    except CommandError:
        # The certificate that curl verifies with is made in 6.4.
        return Check(
            (Evidence(_("helloweb answers over https"), False, _("OpenWhisk is not deployed")),)
        )
    answer = replies.result_of(called)
    right = isinstance(answer, dict) and answer.get("name") == "Python"
    seen = _("name is {name}").format(name=answer["name"]) if right else replies.reason(called)
    return Check((Evidence(_("helloweb answers over https"), right, seen),))


deploy_web = Step(
    key="functions.deploy_web",
    section="7.2",
    title=N_("deploy a web action and call it with curl"),
    commands=_deploy_web,
    check=_web_answers,
    where=on_master,
    needs=(openwhisk.deploy,),
    undo=lambda lab, machine: iter([_delete(lab, "helloweb")]),
    deadline=120,
    expect="""\
{
  "__ow_headers": {
    "accept": "*/*",
    "host": "controllers",
    "user-agent": "curl/7.81.0"
  },
  "__ow_method": "get",
  "__ow_path": "",
  "name": "Python"
}""",
)
