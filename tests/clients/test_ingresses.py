"""Ingresses lead requests to pods, as K3s' traefik does; without it nobody looks at them."""

import json
import ssl

import pytest
from cryptography import x509

from owlab.pocket.ground.tls import Authority

from ..waiting import until
from .manifests import deployment, of, service


def ingress(name, *rules, **spec):
    return of("networking.k8s.io/v1", "Ingress", name, spec={"rules": list(rules), **spec})


def rule(host, *paths):
    """Paths are (path, type, service)."""
    entries = [
        {
            "path": path,
            "pathType": sort,
            "backend": {"service": {"name": to, "port": {"number": 80}}},
        }
        for path, sort, to in paths
    ]
    return {**({"host": host} if host else {}), "http": {"paths": entries}}


def echo(name):
    made = deployment(name)
    made["spec"]["template"]["spec"]["containers"][0] |= {
        "image": "hashicorp/http-echo",
        "args": [f"-text={name}", "-listen=:80"],
    }
    return made


@pytest.fixture(scope="module")
def fetch(api):
    """What somebody in the cluster gets from traefik for a host and a path."""
    objects = [obj for name in ("red", "blue") for obj in (echo(name), service(name))]
    who = deployment("who")
    who["spec"]["template"]["spec"]["containers"][0]["image"] = "traefik/whoami"
    api.kubectl("create -f -", [*objects, who, service("who"), service("empty")])
    api.kubectl("run asker --image=nicolaka/netshoot --command -- sleep infinity")
    api.kubectl("wait --for=condition=Available deployment --all --timeout=60s")
    api.kubectl("wait --for=condition=Ready pod/asker --timeout=60s")
    api.kubectl("-n kube-system rollout status deployment traefik --timeout=60s")

    def get(host, path="/", scheme="http", options=""):
        line = f"exec asker -- curl -s -k -m 10 {options} -H Host:{host} "
        return api.kubectl(f"{line}{scheme}://traefik.kube-system{path}", fails=None)

    yield get
    api.kubectl("delete pod asker --now")
    api.kubectl("delete deployment,service red blue who")
    api.kubectl("delete service empty")


@pytest.fixture
def routes(api, fetch):
    def put(*objects):
        told = api.kubectl("apply -f -", list(objects))
        assert "does not act" not in told
        return fetch

    yield put
    api.kubectl("delete ingress --all")


def test_hosts_and_paths(api, routes):
    fetch = routes(
        ingress("hosts", rule("red.example", ("/", "Prefix", "red"))),
        ingress(
            "paths",
            rule(
                "blue.example",
                ("/", "Prefix", "blue"),
                ("/red", "Prefix", "red"),
                ("/only", "Exact", "red"),
            ),
        ),
    )
    assert fetch("red.example") == "red\n"
    assert fetch("red.example", "/any/thing") == "red\n"
    assert fetch("blue.example") == "blue\n"
    assert fetch("blue.example", "/red/deep") == "red\n"
    assert fetch("blue.example", "/reddish") == "blue\n", "elements of the path, not letters"
    assert fetch("blue.example", "/only") == "red\n"
    assert fetch("blue.example", "/only/not") == "blue\n"
    assert fetch("other.example") == "404 page not found\n"
    told = api.kubectl("get ingress hosts").splitlines()[1].split()
    assert told[:3] == ["hosts", "traefik", "red.example"]
    address = api.kubectl("-n kube-system get service traefik -o "
                          "jsonpath={.status.loadBalancer.ingress[0].ip}")  # fmt: skip
    until(lambda: address in api.kubectl("get ingress hosts"))
    assert "red:80" in api.kubectl("describe ingress hosts")


def test_a_star_and_a_default(routes):
    fetch = routes(
        ingress("star", rule("*.example", ("/", "Prefix", "red"))),
        ingress("rest", rule("", ("/", "Prefix", "blue"))),
    )
    assert fetch("any.example") == "red\n"
    assert fetch("a.b.example") == "blue\n" and fetch("example") == "blue\n"
    backend = {"service": {"name": "red", "port": {"number": 80}}}
    bare = of("networking.k8s.io/v1", "Ingress", "rest", spec={"defaultBackend": backend})
    routes(bare)
    assert fetch("nowhere.invalid") == "red\n"


def test_what_is_behind_may_be_missing(api, routes):
    fetch = routes(
        ingress("gone", rule("gone.example", ("/", "Prefix", "nosuch"))),
        ingress("empty", rule("empty.example", ("/", "Prefix", "empty"))),
    )
    assert fetch("gone.example") == "404 page not found\n"
    assert fetch("empty.example") == "no available server\n"
    assert "503" in fetch("empty.example", options="-o /dev/null -w %{http_code}")


def test_the_server_behind_learns_who_asked(routes):
    fetch = routes(ingress("who", rule("who.example", ("/", "Prefix", "who"))))
    told = fetch("who.example", "/a?b=c")
    assert "GET /a?b=c HTTP/1.1" in told
    assert "X-Forwarded-Host: who.example" in told and "X-Forwarded-Proto: http" in told
    assert "X-Real-Ip: 10.42." in told


def test_over_tls(api, routes):
    fetch = routes(ingress("red", rule("red.example", ("/", "Prefix", "red"))))
    assert fetch("red.example", scheme="https") == "red\n"
    only = ingress("red", rule("red.example", ("/", "Prefix", "red")))
    name = "traefik.ingress.kubernetes.io/router.entrypoints"
    only["metadata"]["annotations"] = {name: "websecure"}
    routes(only)
    assert fetch("red.example") == "404 page not found\n"
    assert fetch("red.example", scheme="https") == "red\n"


def subject(api, host):
    """Of the certificate that traefik shows who asks for a host."""
    address = api.kubectl("-n kube-system get service traefik -o jsonpath={.spec.clusterIP}")

    async def shown():
        ends = await api.bench.cluster.region.connect("10.42.0.1", address, 443)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        await ends.writer.start_tls(context, server_hostname=host)
        data = ends.writer.get_extra_info("ssl_object").getpeercert(True)
        ends.close()
        return x509.load_der_x509_certificate(data).subject.rfc4514_string()

    return api.run(shown())


def test_certificates_come_from_secrets(api, routes, tmp_path):
    certificate, key = Authority(tmp_path).issue("red.example", ["red.example"])
    (tmp_path / "tls.crt").write_bytes(certificate)
    (tmp_path / "tls.key").write_bytes(key)
    files = f"--cert={tmp_path}/tls.crt --key={tmp_path}/tls.key"
    api.kubectl(f"create secret tls red {files}")
    tls = [{"hosts": ["red.example"], "secretName": "red"}]
    routes(ingress("red", rule("red.example", ("/", "Prefix", "red")), tls=tls))
    assert subject(api, "red.example") == "CN=red.example"
    assert subject(api, "other.example") == "CN=TRAEFIK DEFAULT CERT"
    assert "80, 443" in api.kubectl("get ingress red")
    api.kubectl("delete secret red")
    assert subject(api, "red.example") == "CN=TRAEFIK DEFAULT CERT"


def test_the_class_decides_who_looks_at_it(api, routes):
    other = of("networking.k8s.io/v1", "IngressClass", "other")
    other["spec"] = {"controller": "example.org/other"}
    api.kubectl("create -f -", other)
    made = ingress("theirs", rule("red.example", ("/", "Prefix", "red")), ingressClassName="other")
    fetch = routes(made)
    assert fetch("red.example") == "404 page not found\n"
    assert api.kubectl("get ingress theirs -o jsonpath={.status.loadBalancer}") in ("", "{}")
    api.kubectl("delete ingressclass other")
    made = ingress("ours", rule("red.example", ("/", "Prefix", "red")))
    routes(made)
    spec = json.loads(api.kubectl("get ingress ours -o json"))["spec"]
    assert spec["ingressClassName"] == "traefik", "the default class"


def test_annotations_that_nothing_reads_are_said(api, routes):
    made = ingress("red", rule("red.example", ("/", "Prefix", "red")))
    name = "traefik.ingress.kubernetes.io/router.middlewares"
    made["metadata"]["annotations"] = {name: "default-strip@kubernetescrd"}
    routes(made)
    until(lambda: name in api.kubectl("get events --field-selector reason=NotActedOn"))
