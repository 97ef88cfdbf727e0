"""The small servers: what each of them answers, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.streams.log_options import LogOptions
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.test_network import pod, service, typed

BOX = "nicolaka/netshoot"


async def printed(bench: Bench, name: str) -> str:
    known = bench.store.get("Pod", name, "default")
    return LogOptions().shown(bench.cluster.kubelet.logs(known, "main"))


async def started(bench: Bench, image: str, **container: Any) -> None:
    """A pod ``web`` of an image, its Service on port 80, and a box with tools."""
    port = int(str(container.pop("port", 80)))
    await bench.make(pod("web", image, **container))
    await bench.make(service("web", 80, target=port))
    await bench.make(pod("box", BOX, command=["sleep", "3600"]))


def configured(text: str) -> tuple[Object, Object]:
    """A ConfigMap with a configuration of nginx, and a pod that mounts it."""
    held = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "conf", "namespace": "default"},
        "data": {"default.conf": text},
    }
    volumes = [{"name": "conf", "configMap": {"name": "conf"}}]
    mounts = [{"name": "conf", "mountPath": "/etc/nginx/conf.d"}]
    return held, pod("web", "nginx", spec={"volumes": volumes}, volumeMounts=mounts)


async def test_whoami(bench: Bench) -> None:
    await started(bench, "traefik/whoami", args=["--name=owl"])
    _, out = await typed(bench, "curl -s -H 'X-One: 1' web/some?q=2")
    web = bench.store.get("Pod", "web", "default")["status"]["podIP"]
    assert out.startswith(
        f"Name: owl\nHostname: web\nIP: 127.0.0.1\nIP: ::1\nIP: {web}\nRemoteAddr: "
    )
    assert "GET /some?q=2 HTTP/1.1\nHost: web\n" in out and "X-One: 1\n" in out
    assert json.loads((await typed(bench, "curl -s web/api"))[1])["hostname"] == "web"


async def test_http_echo(bench: Bench) -> None:
    await started(bench, "hashicorp/http-echo", args=["-text=hi", "-listen=:8000"], port=8000)
    assert await typed(bench, "curl -s web") == (0, "hi\n")
    assert "[INFO] web " in await printed(bench, "web")


async def test_http_echo_without_text(bench: Bench) -> None:
    await started(bench, "hashicorp/http-echo")
    assert "Missing -text option!" in await printed(bench, "web")
    assert (await typed(bench, "curl -s web"))[0] == 7


async def test_agnhost(bench: Bench) -> None:
    image = "registry.k8s.io/e2e-test-images/agnhost:2.53"
    await started(bench, image, args=["netexec", "--http-port=8080"], port=8080)
    assert (await typed(bench, "curl -s web/hostname"))[1] == "web"
    assert (await typed(bench, "curl -s 'web/echo?msg=owl'"))[1] == "owl"
    box = bench.store.get("Pod", "box", "default")["status"]["podIP"]
    assert (await typed(bench, "curl -s web/clientip"))[1].startswith(f"{box}:")


async def test_httpbin(bench: Bench) -> None:
    await started(bench, "kennethreitz/httpbin")
    told = json.loads((await typed(bench, "curl -s -d a=1 'web/post?b=2'"))[1])
    assert (told["data"], told["args"], told["url"]) == ("a=1", {"b": "2"}, "http://web/post")
    assert (await typed(bench, "curl -s -o /dev/null -w '%{http_code}' web/status/418"))[1] == "418"


async def test_httpd(bench: Bench) -> None:
    await started(bench, "httpd:2.4")
    assert (await typed(bench, "curl -s web"))[
        1
    ] == "<html><body><h1>It works!</h1></body></html>\n"
    assert "404 Not Found" in (await typed(bench, "curl -s web/none"))[1]
    assert '"GET / HTTP/1.1" 200 45\n' in await printed(bench, "web")


async def test_redis(bench: Bench) -> None:
    await started(bench, "redis:7", args=["--requirepass", "secret"], port=6379)
    ask = "redis-cli -a secret --no-auth-warning"
    for words, said in (
        ("SET owl 5", "OK"), ("INCR owl", "6"), ("GET owl", "6"), ("LPUSH l a b", "2"),
        ("LRANGE l 0 -1", "b\na"), ("HSET h k v", "1"), ("HGETALL h", "k\nv"), ("TYPE h", "hash"),
        ("LPUSH owl x", "WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("EXPIRE owl 100", "1"), ("TTL owl", "100"), ("KEYS o*", "owl"), ("DEL owl l h", "3"),
        ("SUBSCRIBE c", "ERR unknown command 'subscribe', with args beginning with: 'c'"),
        ("SELECT 3", "ERR DB index is out of range (the pocket lab's redis has one)"),
    ):  # fmt: skip
        assert (await typed(bench, f"{ask} {words}", "web"))[1] == f"{said}\n", words
    assert "NOAUTH" in (await typed(bench, "redis-cli PING", "web"))[1]
    many = f"printf 'SET a 1\\n\\n  \\nGET a\\nDEL a' | {ask}"
    assert (await typed(bench, many, "web"))[1] == "OK\n1\n1\n"
    assert (await typed(bench, "printf 'AUTH secret\\r\\nPING\\r\\n' | nc -w 1 web 80"))[1] == (
        "+OK\r\n+PONG\r\n"
    )


async def test_couchdb(bench: Bench) -> None:
    env = [{"name": "COUCHDB_USER", "value": "u"}, {"name": "COUCHDB_PASSWORD", "value": "p"}]
    await started(bench, "apache/couchdb:2.3", env=env, port=5984)
    assert json.loads((await typed(bench, "curl -s web"))[1])["couchdb"] == "Welcome"
    assert (await typed(bench, "curl -s web/_up"))[1] == '{"status":"ok"}'
    code = "curl -s -o /dev/null -w '%{http_code}'"
    assert (await typed(bench, f"{code} -u u:wrong web"))[1] == "401"
    assert (await typed(bench, f"{code} web/_all_dbs"))[1] == "401"
    assert (await typed(bench, f"{code} -u u:p web/_all_dbs"))[1] == "501"


async def test_what_a_simulated_image_cannot_answer_is_refused(bench: Bench) -> None:
    probe = {"tcpSocket": {"port": 5432}, "periodSeconds": 1}
    await started(bench, "postgres:16", port=5432, readinessProbe=probe)
    code, out = await typed(bench, "nc -zv web 80")
    assert (code, out.rstrip().endswith("Connection refused")) == (1, True), out


NGINX = """
upstream behind { server echo:5678; }
server {
  listen 8080;
  root /usr/share/nginx/html;
  add_header X-Owl "$hostname";
  location = /exact { return 200 "exact\\n"; }
  location /old { return 301 /new; }
  location /api/ { proxy_pass http://behind/; }
  location ~ ^/n[0-9]+$ { return 200 "number $uri\\n"; }
  location /app { try_files $uri /index.html; }
  location /list/ { alias /etc/nginx/; autoindex on; }
  error_page 404 /index.html;
}
"""


async def test_nginx_obeys_its_configuration(bench: Bench) -> None:
    await bench.make(pod("echo", "hashicorp/http-echo", args=["-text=behind"]))
    await bench.make(service("echo", 5678))
    for made in configured(NGINX):
        await bench.make(made)
    await bench.make(service("web", 80, target=8080))
    await bench.make(pod("box", BOX, command=["sleep", "3600"]))
    assert await typed(bench, "curl -s web/exact") == (0, "exact\n")
    assert await typed(bench, "curl -s web/n12") == (0, "number /n12\n")
    assert await typed(bench, "curl -s web/api/x") == (0, "behind\n")
    head = (await typed(bench, "curl -sI web/old"))[1]
    assert head.startswith("HTTP/1.1 301 Moved Permanently\r\n") and "Location: /new\r\n" in head
    assert "Welcome to nginx!" in (await typed(bench, "curl -s web/app/deep"))[1]
    missing = (await typed(bench, "curl -s -w '%{http_code}' web/none"))[1]
    assert "Welcome to nginx!" in missing and missing.endswith("404")
    assert '<a href="conf.d/">conf.d/</a>' in (await typed(bench, "curl -s web/list/"))[1]
    assert "X-Owl: web" in (await typed(bench, "curl -sI web/exact"))[1]
    bench.store.delete("Pod", "echo", "default", grace=0)
    await bench.settle()
    assert "502 Bad Gateway" in (await typed(bench, "curl -s web/api/x"))[1]


async def test_nginx_reads_its_configuration_again_when_told(bench: Bench) -> None:
    held, made = configured('server { listen 80; location / { return 200 "one\\n"; } }')
    await bench.make(held)
    await bench.make(made)
    await bench.make(service("web"))
    await bench.make(pod("box", BOX, command=["sleep", "3600"]))
    assert await typed(bench, "curl -s web") == (0, "one\n")
    draft = bench.store.draft("ConfigMap", "conf", "default")
    draft["data"]["default.conf"] = draft["data"]["default.conf"].replace("one", "two")
    bench.store.update(draft)
    assert await typed(bench, "curl -s web") == (0, "one\n")
    code, said = await typed(bench, "nginx -t && nginx -s reload", "web")
    assert code == 0 and "syntax is ok" in said
    assert await typed(bench, "curl -s web") == (0, "two\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server { listen 80; lua_code x; }", 'unknown directive "lua_code"'),
        ("server { listen 80;", 'unexpected end of file, expecting "}"'),
    ],
)
async def test_a_configuration_that_nginx_cannot_use(bench: Bench, text: str, said: str) -> None:
    for made in configured(text):
        await bench.make(made)
    log = await printed(bench, "web")
    assert "nginx: [emerg] " in log and said in log
    assert "in /etc/nginx/conf.d/default.conf:1" in log


async def test_what_nginx_does_not_heed_is_said(bench: Bench) -> None:
    for made in configured("server { listen 80; gzip on; }"):
        await bench.make(made)
    assert "(not obeyed by the pocket lab's nginx: gzip)" in await printed(bench, "web")
