"""What answers in the cluster: pods, Services, names, and what refuses."""

from __future__ import annotations

import asyncio
import re

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.streams import Streams
from owlab.pocket.kube.object_state import is_ready
from owlab.pocket.kube.streams.log_options import LogOptions
from owlab.pocket.machines.files import Files
from tests.pocket.controllers.conftest import Bench


def pod(
    name: str, image: str, app: str = "", *, spec: Object | None = None, **more: object
) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": app or name}},
        "spec": {"containers": [{"name": "main", "image": image, **more}], **(spec or {})},
    }


def service(name: str, port: int = 80, **spec: object) -> Object:
    ports = spec.pop(
        "ports",
        [{"port": port, **({"targetPort": spec.pop("target")} if "target" in spec else {})}],
    )
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"app": name}, "ports": ports, **spec},
    }


def shell(name: str = "box", image: str = "busybox") -> Object:
    return pod(name, image, command=["sleep", "3600"])


async def typed(bench: Bench, script: str, name: str = "box") -> tuple[int, str]:
    """A script in a container; its status, and all that it printed."""
    printed = bytearray()

    async def keep(data: bytes) -> None:
        printed.extend(data)

    known = bench.store.get("Pod", name, "default")
    code = await bench.cluster.kubelet.exec(
        known, "main", ["sh", "-c", script], Streams(keep, keep)
    )
    return code, printed.decode()


async def test_a_service_leads_to_nginx(bench: Bench) -> None:
    await bench.make(pod("web", "nginx"))
    await bench.make(service("web"))
    await bench.make(shell())
    for name in ("web", "web.default", "web.default.svc", "web.default.svc.cluster.local"):
        code, out = await typed(bench, f"wget -qO- http://{name}/")
        assert code == 0 and "<h1>Welcome to nginx!</h1>" in out, (name, out)
    web = bench.store.get("Pod", "web", "default")
    code, out = await typed(bench, f"wget -qO- {web['status']['podIP']}")
    assert code == 0 and "Welcome" in out
    log = LogOptions().shown(bench.cluster.kubelet.logs(web, "main"))
    assert len(re.findall(r'"GET / HTTP/1.1" 200 \d+ "-" "Wget"', log)) == 5


async def test_what_is_mounted_is_served_as_it_is_now(bench: Bench) -> None:
    page = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "page", "namespace": "default"},
        "data": {"index.html": "one\n", "more.txt": "more\n"},
    }
    await bench.make(page)
    volume = {"name": "page", "configMap": {"name": "page"}}
    mount = {"name": "page", "mountPath": "/usr/share/nginx/html"}
    made = pod("web", "nginx:1.27", spec={"volumes": [volume]}, volumeMounts=[mount])
    await bench.make(made)
    await bench.make(service("web"))
    await bench.make(shell())
    assert await typed(bench, "wget -qO- web; wget -qO- web/more.txt") == (0, "one\nmore\n")
    code, out = await typed(bench, "wget -qO- web/nothing")
    assert (code, out) == (1, "wget: server returned error: HTTP/1.1 404 Not Found\n")
    held = bench.store.draft("ConfigMap", "page", "default")
    held["data"]["index.html"] = "two\n"
    bench.store.update(held)
    assert await typed(bench, "wget -qO- web") == (0, "two\n")


async def test_a_directory_hides_the_page_of_the_image(bench: Bench) -> None:
    for machine in bench.fleet.machines.values():
        Files(machine.tree).mkdir("/data", recursive=True)
    volume = {"name": "data", "hostPath": {"path": "/data"}}
    mount = {"name": "data", "mountPath": "/usr/share/nginx/html"}
    await bench.make(pod("web", "nginx", spec={"volumes": [volume]}, volumeMounts=[mount]))
    await bench.make(service("web"))
    await bench.make(shell())
    code, out = await typed(bench, "wget -qO- web")
    assert (code, out) == (1, "wget: server returned error: HTTP/1.1 403 Forbidden\n")
    assert (await typed(bench, "echo kept > /usr/share/nginx/html/index.html", "web"))[0] == 0
    assert await typed(bench, "wget -qO- web") == (0, "kept\n")
    node = bench.store.get("Pod", "web", "default")["spec"]["nodeName"]
    assert Files(bench.fleet.machines[node].tree).read_file("/data/index.html") == b"kept\n"


async def test_a_shell_starts_the_server_and_writes_its_page(bench: Bench) -> None:
    script = "echo mine > /usr/share/nginx/html/index.html; exec nginx -g 'daemon off;'"
    await bench.make(pod("web", "nginx", command=["sh", "-c", script]))
    await bench.make(service("web"))
    await bench.make(shell())
    assert await typed(bench, "wget -qO- web") == (0, "mine\n")


async def test_what_does_not_answer(bench: Bench) -> None:
    """A wrong port of pods, no pods, an address of nobody, a name of nobody."""
    await bench.make(pod("web", "nginx"))
    await bench.make(service("web", target=8080))
    await bench.make(service("none"))
    await bench.make(shell())
    for url, said in (
        ("web", r"wget: can't connect to remote host \(10\.43\.\d+\.\d+\): Connection refused"),
        ("none", r"wget: can't connect to remote host \(10\.43\.\d+\.\d+\): Connection refused"),
        ("web:81", "wget: download timed out"),
        ("10.42.0.250", r"wget: can't connect to remote host \(10\.42\.0\.250\): No route to host"),
        ("nobody", "wget: bad address 'nobody'"),
    ):
        code, out = await typed(bench, f"wget -qO- -T 1 {url}")
        assert code == 1 and re.fullmatch(said + "\n", out), (url, out)


async def test_only_pods_that_are_ready_get_connections(bench: Bench) -> None:
    probe = {"exec": {"command": ["cat", "/tmp/ready"]}, "periodSeconds": 1}
    await bench.make(pod("one", "traefik/whoami", "web"))
    await bench.make(pod("two", "nginx", "web", readinessProbe=probe))
    await bench.make(service("web"))
    await bench.make(shell())
    _, out = await typed(bench, "for i in 1 2 3 4 5 6 7 8 9; do wget -qO- web; done")
    assert out.count("Hostname: one") == 9
    await typed(bench, "echo > /tmp/ready", "two")
    for _ in range(100):
        if is_ready(bench.store.get("Pod", "two", "default")):
            break
        await asyncio.sleep(0.1)
    await bench.settle()
    _, out = await typed(bench, "i=0; while [ $i -lt 60 ]; do wget -qO- web; i=$((i+1)); done")
    assert 0 < out.count("Hostname: one") < 60
    assert 0 < out.count("<h1>Welcome to nginx!</h1>") < 60


async def test_a_client_that_is_to_stay_with_one_pod(bench: Bench) -> None:
    for name in ("one", "two", "three"):
        await bench.make(pod(name, "traefik/whoami", "web"))
    await bench.make(service("web", sessionAffinity="ClientIP"))
    await bench.make(shell())
    _, out = await typed(bench, "i=0; while [ $i -lt 30 ]; do wget -qO- web; i=$((i+1)); done")
    assert len(set(re.findall("Hostname: (.*)", out))) == 1
    await bench.make(
        service("all") | {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
    )
    _, out = await typed(bench, "i=0; while [ $i -lt 60 ]; do wget -qO- all; i=$((i+1)); done")
    assert len(set(re.findall("Hostname: (.*)", out))) == 3


async def test_names_of_a_headless_service_and_its_pods(bench: Bench) -> None:
    headless = service("db", 6379, clusterIP="None")
    members = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "default"},
        "spec": {
            "serviceName": "db",
            "replicas": 2,
            "selector": {"matchLabels": {"app": "db"}},
            "template": {
                "metadata": {"labels": {"app": "db"}},
                "spec": {"containers": [{"name": "main", "image": "redis:7"}]},
            },
        },
    }
    await bench.make(headless)
    await bench.make(members)
    await bench.make(shell("box", "nicolaka/netshoot"))
    _, out = await typed(bench, "dig +short +search db")
    assert len(out.split()) == 2
    script = (
        "printf 'SET owl 1\\r\\n' | nc -w 1 db-0.db 6379;"
        "printf 'GET owl\\r\\n' | nc -w 1 db-0.db 6379;"
        "printf 'GET owl\\r\\n' | nc -w 1 db-1.db.default.svc.cluster.local 6379"
    )
    assert (await typed(bench, script))[1].split() == ["+OK", "$1", "1", "$-1"]
    _, out = await typed(bench, "dig +short SRV db.default.svc.cluster.local")
    assert sorted(out.split("\n"))[1:] == [
        "0 100 6379 db-0.db.default.svc.cluster.local.",
        "0 100 6379 db-1.db.default.svc.cluster.local.",
    ]
    assert (await typed(bench, "redis-cli PING", "db-0"))[1] == "PONG\n"


async def test_the_name_server(bench: Bench) -> None:
    await bench.make(service("web"))
    await bench.make(shell("box", "registry.k8s.io/e2e-test-images/jessie-dnsutils:1.3"))
    address = bench.store.get("Service", "web", "default")["spec"]["clusterIP"]
    _, out = await typed(bench, "cat /etc/resolv.conf")
    assert out == (
        "search default.svc.cluster.local svc.cluster.local cluster.local\n"
        "nameserver 10.43.0.10\noptions ndots:5\n"
    )
    code, out = await typed(bench, "nslookup web.default")
    assert code == 0 and f"Name:\tweb.default.svc.cluster.local\nAddress: {address}\n" in out
    _, out = await typed(bench, "dig web")
    assert "status: NXDOMAIN" in out
    assert (await typed(bench, f"dig +short -x {address}"))[1] == "web.default.svc.cluster.local.\n"
    assert (await typed(bench, "getent hosts web"))[1].split() == [
        address,
        "web.default.svc.cluster.local",
    ]
    assert (await typed(bench, "host kubernetes.default.svc.cluster.local"))[1] == (
        "kubernetes.default.svc.cluster.local has address 10.43.0.1\n"
    )
    assert (await typed(bench, "nslookup nobody"))[0] == 1
    bench.store.delete("Deployment", "coredns", "kube-system")
    await bench.settle()
    assert "no servers could be reached" in (await typed(bench, "nslookup web"))[1]


async def test_a_pod_of_other_wishes_for_names(bench: Bench) -> None:
    spec = {
        "dnsPolicy": "None",
        "dnsConfig": {
            "nameservers": ["10.43.0.10"],
            "searches": ["svc.cluster.local"],
            "options": [{"name": "ndots", "value": "1"}],
        },
        "hostAliases": [{"ip": "10.42.9.9", "hostnames": ["old", "older"]}],
        "hostname": "owl",
        "subdomain": "nest",
    }
    await bench.make(pod("box", "nicolaka/netshoot", command=["sleep", "3600"], spec=spec))
    await bench.make(service("web"))
    out = (
        await typed(bench, "cat /etc/resolv.conf; cat /etc/hosts; hostname; getent hosts older")
    )[1]
    assert "search svc.cluster.local\nnameserver 10.43.0.10\noptions ndots:1\n" in out
    assert "\towl.nest.default.svc.cluster.local\towl\n" in out
    assert out.endswith("owl\n10.42.9.9       older\n")
    assert (await typed(bench, "getent hosts web"))[0] == 2
    assert (await typed(bench, "getent hosts web.default"))[0] == 0


async def test_an_external_name(bench: Bench) -> None:
    outer = service("api", type="ExternalName", externalName="kubernetes.default.svc.cluster.local")
    del outer["spec"]["selector"]
    await bench.make(outer)
    await bench.make(shell("box", "nicolaka/netshoot"))
    out = (await typed(bench, "dig +short api.default.svc.cluster.local"))[1]
    assert out.split() == ["kubernetes.default.svc.cluster.local.", "10.43.0.1"]


async def test_the_containers_of_a_pod_share_its_ports(bench: Bench) -> None:
    made = pod("web", "nginx")
    made["spec"]["containers"].append(
        {"name": "side", "image": "busybox", "command": ["sleep", "9999"]}
    )
    made["spec"]["containers"].append({"name": "other", "image": "nginx"})
    await bench.make(made)
    known = bench.store.get("Pod", "web", "default")
    other = next(s for s in known["status"]["containerStatuses"] if s["name"] == "other")
    assert other["restartCount"] or "terminated" in other["state"]
    printed = bytearray()

    async def keep(data: bytes) -> None:
        printed.extend(data)

    words = ["wget", "-qO-", "localhost"]
    assert await bench.cluster.kubelet.exec(known, "side", words, Streams(keep, keep)) == 0
    assert b"Welcome" in printed
    log = LogOptions().shown(bench.cluster.kubelet.logs(known, "other"))
    assert "bind() failed (98: Address already in use)" in log


async def test_shells_that_listen(bench: Bench) -> None:
    loop = "while true; do echo hello | nc -l -p 8080; done"
    await bench.make(pod("talk", "busybox", command=["sh", "-c", loop]))
    files = "mkdir /www; echo page > /www/index.html; httpd -f -p 8000 -h /www"
    await bench.make(pod("files", "busybox", command=["sh", "-c", files]))
    serve = ["sh", "-c", "cd /tmp && echo a > one.txt && python3 -m http.server"]
    await bench.make(pod("snake", "python:3.12", command=serve))
    for name, port in (("talk", 8080), ("files", 8000), ("snake", 8000)):
        await bench.make(service(name, port))
    await bench.make(shell())
    assert await typed(bench, "nc talk 8080 </dev/null") == (0, "hello\n")
    assert await typed(bench, "nc talk 8080 </dev/null") == (0, "hello\n")
    assert await typed(bench, "wget -qO- files:8000") == (0, "page\n")
    assert (await typed(bench, "wget -qO- snake:8000"))[1].count(
        '<a href="one.txt">one.txt</a>'
    ) == 1
    assert (await typed(bench, "nc -zv talk 8081"))[0] == 1


async def test_ports_of_nodes(bench: Bench) -> None:
    await bench.make(pod("web", "hashicorp/http-echo", args=["-text=hi"]))
    await bench.make(service("web", target=5678, type="NodePort"))
    await bench.make(shell())
    port = bench.store.get("Service", "web", "default")["spec"]["ports"][0]["nodePort"]
    for machine in bench.fleet.machines.values():
        assert await typed(bench, f"wget -qO- {machine.address}:{port}") == (0, "hi\n")
    bench.store.delete("Pod", "web", "default", grace=0)
    await bench.settle()
    assert (await typed(bench, f"wget -qO- 127.9.0.1:{port}"))[0] == 1


async def test_a_policy_that_keeps_to_the_node(bench: Bench) -> None:
    spec = {"nodeName": "worker1"}
    await bench.make(pod("web", "traefik/whoami", spec=spec))
    await bench.make(service("web", type="NodePort", externalTrafficPolicy="Local"))
    await bench.make(
        service("near")
        | {
            "spec": {
                "selector": {"app": "web"},
                "ports": [{"port": 80}],
                "internalTrafficPolicy": "Local",
            }
        }
    )
    port = bench.store.get("Service", "web", "default")["spec"]["ports"][0]["nodePort"]
    for name in ("worker1", "worker2"):
        await bench.make(
            pod(f"box-{name}", "busybox", command=["sleep", "99"], spec={"nodeName": name})
        )
    near, far = (bench.fleet.machines[n].address for n in ("worker1", "worker2"))
    assert (await typed(bench, f"wget -qO- -T 1 {near}:{port}", "box-worker1"))[0] == 0
    assert (await typed(bench, f"wget -qO- -T 1 {far}:{port}", "box-worker1"))[1] == (
        "wget: download timed out\n"
    )
    assert (await typed(bench, "wget -qO- -T 1 near", "box-worker1"))[0] == 0
    assert (await typed(bench, "wget -qO- -T 1 near", "box-worker2"))[0] == 1


async def test_probes_are_real_requests(bench: Bench) -> None:
    ready = {"httpGet": {"path": "/ready.txt", "port": "web"}, "periodSeconds": 1}
    ports = [{"containerPort": 80, "name": "web"}]
    await bench.make(pod("web", "nginx", readinessProbe=ready, ports=ports))
    await bench.settle()
    assert not is_ready(bench.store.get("Pod", "web", "default"))
    assert "Readiness probe failed: HTTP probe failed with statuscode: 404" in bench.messages(
        "Unhealthy"
    )
    await typed(bench, "echo > /usr/share/nginx/html/ready.txt", "web")
    for _ in range(100):
        if is_ready(bench.store.get("Pod", "web", "default")):
            break
        await asyncio.sleep(0.1)
    else:
        raise AssertionError("never ready")
    web = bench.store.get("Pod", "web", "default")
    log = LogOptions().shown(bench.cluster.kubelet.logs(web, "main"))
    assert '"GET /ready.txt HTTP/1.1" 200' in log and "kube-probe/" in log


async def test_images_have_the_programs_that_they_have(bench: Bench) -> None:
    await bench.make(shell())
    for name in ("curl", "dig", "redis-cli"):
        assert (await typed(bench, f"{name} x")) == (127, f"sh: {name}: not found\n")


async def test_pods_on_machines_that_run_answer_a_ping_and_nobody_else(bench: Bench) -> None:
    await bench.make(shell())
    await bench.make(pod("web", "nginx", spec={"nodeName": "worker1"}))
    await bench.make(service("web"))
    web = bench.store.get("Pod", "web", "default")["status"]["podIP"]
    virtual = bench.store.get("Service", "web", "default")["spec"]["clusterIP"]
    assert (await typed(bench, f"ping -c 1 {web}"))[0] == 0
    # Nothing answers for the address of a Service, and nobody has the other one.
    for silent in (virtual, "10.42.9.9"):
        assert (await typed(bench, f"ping -c 1 -W 1 {silent}"))[0] == 1, silent
    bench.fleet.machines["worker1"].running = False
    await bench.settle()
    assert (await typed(bench, f"ping -c 1 -W 1 {web}"))[0] == 1
