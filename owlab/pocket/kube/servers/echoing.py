"""whoami, http-echo and echoserver: who answers, and what was asked."""

from __future__ import annotations

import getopt

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from owlab.pocket.kube.servers.application import application
from owlab.pocket.kube.servers.setting import Ports, ServerFailed, Setting, port_of
from owlab.pocket.network.http import http_server


def whoami(setting: Setting) -> Ports:
    """``whoami [--port PORT] [--name NAME]``: one line each for what it knows."""
    options = _flags("whoami", setting.argv, ["port=", "name=", "verbose"])
    port = port_of(options.get("port") or setting.env.get("WHOAMI_PORT_NUMBER", "80"), "whoami")
    name = options.get("name") or setting.env.get("WHOAMI_NAME", "")
    setting.log(f"Starting up on port {port}")

    async def answer(request: Request) -> Response:
        path = request.url.path
        if path == "/health":
            return Response(status_code=200)
        if path == "/api":
            headers = {k.title(): [v] for k, v in request.headers.items() if k != "host"}
            return JSONResponse(
                {
                    "hostname": setting.hostname,
                    "ip": ["127.0.0.1", "::1", setting.address],
                    "headers": headers,
                    "url": _target(request),
                    "host": request.headers.get("host", ""),
                    "method": request.method,
                    **({"name": name} if name else {}),
                }
            )
        lines = [f"Name: {name}"] if name else []
        lines += [f"Hostname: {setting.hostname}", "IP: 127.0.0.1", "IP: ::1"]
        lines += [f"IP: {setting.address}", f"RemoteAddr: {_client(request)}"]
        lines.append(f"{request.method} {_target(request)} HTTP/{request.scope['http_version']}")
        return PlainTextResponse("\n".join([*lines, *_headers(request), "", ""]))

    return {port: http_server(application(answer))}


def http_echo(setting: Setting) -> Ports:
    """``http-echo -text TEXT [-listen :PORT] [-status-code CODE]``."""
    options = _flags("http-echo", setting.argv, ["text=", "listen=", "status-code=", "version"])
    text = options.get("text") or setting.env.get("ECHO_TEXT", "")
    if not text:
        raise ServerFailed("Missing -text option!\n", 127)
    port = port_of(options.get("listen", ":5678").rpartition(":")[2], "http-echo")
    code = int(options.get("status-code") or 200)
    setting.log(f"[INFO] server is listening on :{port}")

    async def answer(request: Request) -> Response:
        if request.url.path == "/health":
            return JSONResponse({"status": "ok"})
        return PlainTextResponse(text + "\n", code, {"X-App-Name": "http-echo"})

    def told(request: Request, response: Response) -> None:
        agent = request.headers.get("user-agent", "")
        line = f'"{request.method} {request.url.path} HTTP/1.1" {response.status_code}'
        setting.log(
            f"[INFO] {request.headers.get('host', '')} {_client(request)} {line} "
            f'{len(bytes(response.body))} "{agent}"'
        )

    return {port: http_server(application(answer, told=told))}


def echoserver(setting: Setting) -> Ports:
    """The request, told back; on port 8080."""
    setting.log("(echoserver of the pocket lab: a small server of its own)")

    async def answer(request: Request) -> Response:
        body = (await request.body()).decode(errors="replace")
        lines = ["", "", f"Hostname: {setting.hostname}", "", "Pod Information:"]
        lines += [
            f"\tpod name:\t{setting.pod['metadata']['name']}",
            f"\tpod IP:\t{setting.address}",
        ]
        lines += [
            "",
            "Request Information:",
            f"\tclient_address={_client(request).partition(':')[0]}",
        ]
        lines += [f"\tmethod={request.method}", f"\treal path={_target(request)}"]
        lines += [
            f"\tquery={request.url.query}",
            f"\trequest_version={request.scope['http_version']}",
        ]
        lines += ["", "Request Headers:"]
        lines += [f"\t{name}={value}" for name, value in sorted(request.headers.items())]
        lines += ["", "Request Body:", f"\t{body or '-no body in request-'}", ""]
        return PlainTextResponse("\n".join(lines))

    return {8080: http_server(application(answer))}


def _flags(program: str, argv: list[str], known: list[str]) -> dict[str, str]:
    """Go's flags: one dash or two."""
    words = [f"-{word}" if word[:1] == "-" and word[:2] != "--" else word for word in argv]
    try:
        given, rest = getopt.getopt(words, "", known)
    except getopt.GetoptError as error:
        raise ServerFailed(
            f"flag provided but not defined: -{error.opt}\nUsage of {program}\n", 2
        ) from None
    if rest:
        raise ServerFailed("Too many arguments!\n", 127)
    return {name.lstrip("-"): value for name, value in given}


def _client(request: Request) -> str:
    return f"{request.client.host}:{request.client.port}" if request.client else "-"


def _target(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _headers(request: Request) -> list[str]:
    host = request.headers.get("host", "")
    rest = sorted((k.title(), v) for k, v in request.headers.items() if k != "host")
    return [f"Host: {host}", *(f"{name}: {value}" for name, value in rest)]
