"""nginx under TLS: with the certificate of a Secret, from containers and through a Service."""

from __future__ import annotations

import base64
import contextlib
import ssl

import pytest
from cryptography import x509

from owlab.pocket.ground.tls import Authority
from owlab.pocket.kube.servers.nginx_config import configuration
from owlab.pocket.kube.servers.nginx_tls import context_of
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.test_network import pod, service, typed
from tests.pocket.controllers.test_servers import BOX, printed

SITE = """
server {
  listen 443 ssl default_server;
  server_name one.example;
  ssl_certificate /etc/tls/one.crt;
  ssl_certificate_key /etc/tls/one.key;
  ssl_protocols TLSv1.2 TLSv1.3;
  location / { return 200 "$scheme $host\\n"; }
}
server {
  listen 443 ssl;
  server_name two.example;
  ssl_certificate /etc/tls/two.crt;
  ssl_certificate_key /etc/tls/two.key;
  location / { return 200 "two\\n"; }
}
server { listen 80; location / { proxy_pass https://127.0.0.1:443; proxy_set_header Host behind; } }
"""


async def secured(bench: Bench, tmp_path, text: str = SITE) -> None:
    """nginx with a configuration and a Secret with two certificates; a box that knows their CA."""
    authority = Authority(tmp_path)
    files = {}
    for name in ("one", "two"):
        certificate, key = authority.issue(name, [f"{name}.example"])
        files[f"{name}.crt"], files[f"{name}.key"] = certificate, key
    data = {name: base64.b64encode(content).decode() for name, content in files.items()}
    about = {"name": "tls", "namespace": "default"}
    await bench.make({"apiVersion": "v1", "kind": "Secret", "metadata": about, "data": data})
    for name, held in (("conf", {"default.conf": text}), ("ca", {"ca": authority.pem.decode()})):
        about = {"name": name, "namespace": "default"}
        await bench.make({"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": held})
    volumes = [
        {"name": "conf", "configMap": {"name": "conf"}},
        {"name": "tls", "secret": {"secretName": "tls"}},
    ]
    mounts = [
        {"name": "conf", "mountPath": "/etc/nginx/conf.d"},
        {"name": "tls", "mountPath": "/etc/tls"},
    ]
    await bench.make(pod("web", "nginx", spec={"volumes": volumes}, volumeMounts=mounts))
    await bench.make(service("web", 443, target=443))
    await bench.make(service("clear", 80, target=80, selector={"app": "web"}))
    await bench.make(
        pod(
            "box", BOX, command=["sleep", "3600"],
            spec={"volumes": [{"name": "ca", "configMap": {"name": "ca"}}]},
            volumeMounts=[{"name": "ca", "mountPath": "/ca"}],
        )
    )  # fmt: skip


async def test_https_with_the_certificate_of_a_secret(bench: Bench, tmp_path) -> None:
    await secured(bench, tmp_path)
    assert await typed(bench, "curl -sk https://web/") == (0, "https web\n")
    code, said = await typed(bench, "curl -s https://web/")
    assert (code, said) == (60, "")
    code, said = await typed(bench, "curl -sS --cacert /ca/ca https://web/")
    assert code == 60 and "no alternative certificate subject name" in said
    to = "--resolve one.example:443:$(getent hosts web | cut -d' ' -f1)"
    assert await typed(bench, f"curl -s --cacert /ca/ca {to} https://one.example/") == (
        0, "https one.example\n",
    )  # fmt: skip
    to = to.replace("one.", "two.")
    assert await typed(bench, f"curl -s --cacert /ca/ca {to} https://two.example/") == (0, "two\n")
    to = "--connect-to ::web:"
    assert await typed(bench, f"curl -s --cacert /ca/ca {to} https://two.example/") == (0, "two\n")
    assert (await typed(bench, "curl -s --resolve x https://web/"))[0] == 49
    assert '"GET / HTTP/1.1" 200' in await printed(bench, "web")


def shown(server: ssl.SSLContext, name: str | None) -> str:
    """Whose certificate a server shows to who asks for a name."""
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname=name)
    there = server.wrap_bio(to_server, to_client, server_side=True)
    for end in (here, there, here, there, here):
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()
    certificate = here.getpeercert(binary_form=True)
    assert certificate is not None
    return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()


@pytest.mark.parametrize(
    ("old", "new", "stranger"),
    [("", "", "one"), (" default_server", "", "one"), ("443 ssl;", "443 ssl default;", "two")],
)
def test_strangers_are_shown_the_default_or_the_first_one(tmp_path, old, new, stranger) -> None:
    text = SITE.replace(old, new) if old else SITE
    text = text if "default;" not in new else text.replace(" default_server", "")
    authority = Authority(tmp_path)
    files = {"/etc/nginx/nginx.conf": f"http {{ {text} }}".encode()}
    for name in ("one", "two"):
        pair = authority.issue(name, [f"{name}.example"])
        files[f"/etc/tls/{name}.crt"], files[f"/etc/tls/{name}.key"] = pair

    class View:
        def read(self, path: str) -> bytes | None:
            return files.get(path)

        def names(self, path: str) -> list[str] | None:
            return None

        def modified(self, path: str) -> int | None:
            return None

    sites = configuration(View()).sites
    server = context_of([site for site in sites if 443 in site.tls], View())
    assert f"CN={stranger}" in shown(server, None)
    assert f"CN={stranger}" in shown(server, "three.example")
    assert "CN=two" in shown(server, "two.example")


async def test_http_where_tls_is_spoken_and_tls_behind_http(bench: Bench, tmp_path) -> None:
    await secured(bench, tmp_path)
    _, said = await typed(bench, "curl -s http://web:443/")
    assert "400 The plain HTTP request was sent to HTTPS port" in said
    assert await typed(bench, "curl -s http://clear/") == (0, "https behind\n")
    assert (await typed(bench, "nginx -t", "web"))[1].startswith("nginx: the configuration file")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("one.crt", "no.crt", 'cannot load certificate "/etc/tls/no.crt": BIO_new_file() failed'),
        ("one.key", "two.key", 'SSL_CTX_use_PrivateKey("/etc/tls/two.key") failed'),
        ("one.crt", "one.key", 'cannot load certificate "/etc/tls/one.key"'),
        ("ssl_certificate_key /etc/tls/one.key;", "", 'no "ssl_certificate_key" is defined for'),
        ("ssl_certificate /etc/tls/one.crt;", "", 'no "ssl_certificate" is defined for the "liste'),
        ("TLSv1.2 TLSv1.3", "TLSv1", "speaks TLSv1.2 and TLSv1.3 only"),
        ("TLSv1.2 TLSv1.3", "TLSv9", 'invalid value "TLSv9" in "ssl_protocols"'),
        ("443 ssl default_server", "443 quic", "has no QUIC"),
        ("443 ssl default_server", "443 ssl proxy_protocol", "has no PROXY protocol"),
        ("443 ssl default_server", "443 ssl defalut_server", 'invalid parameter "defalut_server"'),
        ("listen 443 ssl default_server", "listen", 'invalid number of arguments in "listen"'),
        ("server_name one", "ssl_verify_client on; server_name one", 'unknown directive "ssl_ver'),
    ],
)
async def test_what_cannot_be_used_is_said_by_nginx(bench: Bench, tmp_path, old, new, said) -> None:
    assert old in SITE
    await secured(bench, tmp_path, SITE.replace(old, new))
    log = await printed(bench, "web")
    assert "nginx: [emerg] " in log
    assert said in log
