"""NetworkPolicies act as K3s' own controller makes them act: what is not let through is refused."""

import pytest

from ..waiting import until
from .manifests import deployment, of, service


def policy(name, **spec):
    return of("networking.k8s.io/v1", "NetworkPolicy", name, spec={"podSelector": {}, **spec})


@pytest.fixture(scope="module")
def place(api):
    """Two namespaces: a server and a client in the first, a client in the second."""
    for space in ("here", "there"):
        api.kubectl(f"create namespace {space}")
        line = f"-n {space} run client --image=busybox --labels=role=client -- sleep infinity"
        api.kubectl(line)
    api.kubectl("label namespace there team=friends")
    api.kubectl("-n here create -f -", [deployment("web"), service("web")])
    api.kubectl("-n here run other --image=busybox -- sleep infinity")
    for space in ("here", "there"):
        api.kubectl(f"-n {space} wait --for=condition=Ready pod --all --timeout=60s")
    yield
    for space in ("here", "there"):
        api.kubectl(f"delete namespace {space}")


@pytest.fixture
def obey(api, place):
    """Puts policies into the first namespace, and takes them away afterwards."""

    def put(*policies, space="here"):
        told = api.kubectl(f"-n {space} apply -f -", list(policies))
        assert "does not act" not in told

    yield put
    for space in ("here", "there"):
        api.kubectl(f"-n {space} delete networkpolicies --all")


@pytest.fixture
def fetch(api):
    """What a client gets."""

    def get(space="here", pod="client", url="web.here", fails=False):
        line = f"-n {space} exec {pod} -- wget -q -T 2 -O- {url}"
        return api.kubectl(line, fails=fails)

    return get


def test_without_a_policy_everybody_is_let_in(place, fetch):
    for space in ("here", "there"):
        assert "Welcome to nginx" in fetch(space)


def test_default_deny_and_exceptions(api, obey, fetch):
    """The first recipes of everybody's collection."""
    obey(policy("deny-all", policyTypes=["Ingress"]))
    for space in ("here", "there"):
        assert "Connection refused" in fetch(space, fails=True)
    address = api.kubectl("-n here get pods -l app=web -o jsonpath={.items[0].status.podIP}")
    assert "Connection refused" in fetch(url=address, fails=True)
    assert "100% packet loss" in api.kubectl(
        f"-n here exec client -- ping -c1 {address}", fails=True
    )
    clients = {"podSelector": {"matchLabels": {"role": "client"}}}
    web = {"podSelector": {"matchLabels": {"app": "web"}}}
    obey(policy("allow-clients", **web, ingress=[{"from": [clients]}]))
    assert "Welcome" in fetch()
    assert "refused" in fetch(pod="other", fails=True), "it has another label"
    assert "refused" in fetch("there", fails=True), "its own namespace only"
    friends = {"namespaceSelector": {"matchLabels": {"team": "friends"}}}
    obey(policy("allow-friends", **web, ingress=[{"from": [friends]}]))
    assert "Welcome" in fetch("there"), "policies add up"
    api.kubectl("label namespace there team=foes --overwrite")
    assert "refused" in fetch("there", fails=True)
    api.kubectl("label namespace there team=friends --overwrite")


def test_both_selectors_of_one_peer_must_match(obey, fetch):
    both = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"role": "client"}}}
    obey(policy("clients-everywhere", ingress=[{"from": [both]}]))
    assert "Welcome" in fetch("there") and "Welcome" in fetch()
    assert "refused" in fetch(pod="other", fails=True)


def test_ports(obey, fetch):
    obey(policy("other-port", ingress=[{"ports": [{"port": 81}]}]))
    assert "refused" in fetch(fails=True)
    obey(policy("other-port", ingress=[{"ports": [{"port": 80, "protocol": "UDP"}]}]))
    assert "refused" in fetch(fails=True)
    obey(policy("other-port", ingress=[{"ports": [{"port": 79, "endPort": 90}]}]))
    assert "Welcome" in fetch()
    obey(policy("other-port", ingress=[{"ports": [{"port": "http"}]}]))
    assert "refused" in fetch(fails=True), "its container names no such port"


def test_blocks_of_addresses(api, obey, fetch):
    address = api.kubectl("-n here get pod client -o jsonpath={.status.podIP}")
    block = {"cidr": "10.42.0.0/16", "except": [f"{address}/32"]}
    obey(policy("by-address", ingress=[{"from": [{"ipBlock": block}]}]))
    assert "refused" in fetch(fails=True)
    assert "Welcome" in fetch(pod="other")


def test_who_may_not_go_out_finds_no_names_either(obey, fetch):
    """What everybody runs into: without DNS nothing has an address."""
    clients = {"podSelector": {"matchLabels": {"role": "client"}}}
    obey(policy("stay", **clients, policyTypes=["Egress"]))
    assert "bad address" in fetch(fails=True)
    assert "Welcome" in fetch(pod="other"), "it is not selected"
    dns = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]}
    obey(policy("dns", **clients, policyTypes=["Egress"], egress=[dns]))
    assert "Connection refused" in fetch(fails=True)
    kube_dns = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    obey(policy("dns", **clients, policyTypes=["Egress"], egress=[{**dns, "to": [kube_dns]}]))
    assert "Connection refused" in fetch(fails=True)
    web = {"to": [{"podSelector": {"matchLabels": {"app": "web"}}}]}
    obey(policy("web", **clients, policyTypes=["Egress"], egress=[web]))
    assert "Welcome" in fetch()


def test_probes_pass_and_forwarded_ports_work(api, obey):
    """A node reaches its own pods whatever the policies say."""
    obey(policy("deny-all", policyTypes=["Ingress", "Egress"]))
    probed = deployment("probed")
    container = probed["spec"]["template"]["spec"]["containers"][0]
    container["readinessProbe"] = {"httpGet": {"path": "/", "port": 80}}
    api.kubectl("-n here create -f -", probed)
    api.kubectl("-n here rollout status deployment probed --timeout=60s")
    path = "/api/v1/namespaces/here/services/http:web:80/proxy/"
    assert "Welcome" in api.kubectl(f"get --raw {path}")
    api.kubectl("-n here delete deployment probed")


def test_what_no_policy_may_say(api, place):
    for spec, said in (
        ({"policyTypes": ["Sideways"]}, 'Unsupported value: "Sideways"'),
        ({"ingress": [{"from": [{}]}]}, "must specify a peer"),
        ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.1"}}]}]}, "must be a valid CIDR"),
        (
            {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}]},
            "may not specify both ipBlock and another peer",
        ),
        (
            {"egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/16", "except": ["10.1.0.0/16"]}}]}]},
            "must be a strict subset",
        ),
        ({"ingress": [{"ports": [{"port": 0}]}]}, "must be between 1 and 65535"),
        (
            {"ingress": [{"ports": [{"port": 80, "endPort": 70}]}]},
            "greater than or equal to `port`",
        ),
        ({"ingress": [{"ports": [{"endPort": 70}]}]}, "must be specified when `endPort`"),
    ):
        assert said in api.kubectl("-n here create -f -", policy("bad", **spec), fails=True)


def test_the_ways_are_filled_in(api, obey):
    obey(policy("in"), policy("out", egress=[{}]))
    ways = "-o jsonpath={.spec.policyTypes}"
    assert api.kubectl(f"-n here get networkpolicy in {ways}") == '["Ingress"]'
    assert api.kubectl(f"-n here get networkpolicy out {ways}") == '["Ingress","Egress"]'
    told = api.kubectl("-n here describe networkpolicy in")
    assert "Selected pods are isolated for ingress connectivity" in told


def test_a_server_without_the_controller_lets_everything_through(api, obey, fetch):
    obey(policy("deny-all", policyTypes=["Ingress"]))
    assert "refused" in fetch(fails=True)
    flag = 'k3s.io/node-args=["server","--disable-network-policy"]'
    was = api.kubectl("get node master -o jsonpath={.metadata.annotations.k3s\\.io/node-args}")
    api.kubectl(f"annotate node master {flag} --overwrite")
    until(lambda: "Welcome" in fetch(fails=None))
    api.kubectl(f"annotate node master k3s.io/node-args={was} --overwrite")
