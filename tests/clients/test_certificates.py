"""A user with a key: a request for a certificate, its approval, and who that makes one."""

import base64
import json
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .manifests import changed, of

CLIENT = "kubernetes.io/kube-apiserver-client"
PEM = serialization.Encoding.PEM


def key_and_request(name, *groups):
    """A new key, and what is to be signed, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    parts += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    built = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(parts))
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(PEM, *plain), built.sign(key, hashes.SHA256()).public_bytes(PEM)


def request(name, pem, **spec):
    spec = {"signerName": CLIENT, "usages": ["client auth"], **spec}
    wanted = {"request": base64.b64encode(pem).decode(), **spec}
    return of("certificates.k8s.io/v1", "CertificateSigningRequest", name, spec=wanted)


@pytest.fixture
def jane(api, tmp_path):
    """Runs kubectl as jane of dev, who has a certificate."""
    key, pem = key_and_request("jane", "dev")
    api.kubectl("apply -f -", request("jane", pem, expirationSeconds=86400))
    told = api.kubectl("get csr jane").split()
    assert told[-4:] == [CLIENT, "system:admin", "24h", "Pending"]
    assert "approved" in api.kubectl("certificate approve jane")
    api.kubectl("wait --for=jsonpath={.status.certificate} csr/jane --timeout=30s")
    assert "Approved,Issued" in api.kubectl("get csr jane")
    issued = base64.b64decode(api.kubectl("get csr jane -o jsonpath={.status.certificate}"))
    (tmp_path / "jane.key").write_bytes(key)
    (tmp_path / "jane.crt").write_bytes(issued)
    (tmp_path / "config").write_bytes(api.kubeconfig.read_bytes())
    program = api.words()[0]

    def run(line, fails=False):
        words = [program, "--kubeconfig", str(tmp_path / "config"), *line.split()]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    run("config set-credentials jane --client-key=jane.key --client-certificate=jane.crt")
    run("config set-context jane --cluster=lab --user=jane")
    run("config use-context jane")
    yield run
    api.kubectl("delete csr jane")


def test_a_user_of_ones_own(api, jane):
    """As the documentation of Kubernetes shows it, from the key to the role."""
    told = json.loads(jane("auth whoami -o json"))["status"]["userInfo"]
    assert (told["username"], told["groups"]) == ("jane", ["dev", "system:authenticated"])
    assert 'User "jane" cannot list resource "pods"' in jane("get pods", fails=True)
    api.kubectl("create role developer --verb=create,get,list,update,delete --resource=pods")
    api.kubectl("create role shells --verb=create,get --resource=pods/exec")
    api.kubectl("create rolebinding developer --role=developer --user=jane")
    api.kubectl("create rolebinding shells --role=shells --group=dev")
    jane("run box --image=busybox --command -- sleep infinity")
    api.kubectl("wait --for=condition=Ready pod/box --timeout=30s")
    assert "box" in jane("get pods")
    assert jane("exec box -- echo hello") == "hello\n", "a WebSocket has the certificate too"
    assert jane("auth can-i get secrets", fails=True) == "no\n"
    api.kubectl("delete pod box --now")
    api.kubectl("delete rolebinding developer shells")
    api.kubectl("delete role developer shells")


def test_what_was_issued_is_what_was_asked(api, jane):
    pem = base64.b64decode(api.kubectl("get csr jane -o jsonpath={.status.certificate}"))
    issued = x509.load_pem_x509_certificate(pem)
    assert issued.subject.rfc4514_string() == "O=dev,CN=jane"
    days = (issued.not_valid_after_utc - issued.not_valid_before_utc).total_seconds() / 86400
    assert 1 <= days < 1.1
    (use,) = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert use == x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH


def test_a_request_that_is_denied(api):
    _, pem = key_and_request("eve")
    api.kubectl("create -f -", request("eve", pem))
    assert "denied" in api.kubectl("certificate deny eve")
    assert "Denied" in api.kubectl("get csr eve")
    told = api.kubectl("certificate approve eve", fails=True)
    assert 'certificate signing request "eve" is already Denied' in told
    mixed = {
        "status": {"conditions": [{"type": t, "status": "True"} for t in ("Approved", "Denied")]}
    }
    path = "/apis/certificates.k8s.io/v1/certificatesigningrequests/eve/approval"
    told = api.send("PATCH", path, mixed, "application/merge-patch+json").data
    assert "Approved and Denied conditions are mutually exclusive" in told["message"]
    assert api.kubectl("get csr eve -o jsonpath={.status.certificate}") == ""
    api.kubectl("delete csr eve")


def test_what_cannot_be_asked(api):
    _, pem = key_and_request("eve")
    good = request("eve", pem)
    for path, value, said in (
        ("spec.request", "bm9uZQ==", "PEM block type must be CERTIFICATE REQUEST"),
        ("spec.usages", [], "spec.usages: Required value: usages must be provided"),
        ("spec.usages", ["flying"], 'spec.usages[0]: Unsupported value: "flying"'),
        ("spec.expirationSeconds", 60, "may not specify a duration less than 600 seconds"),
        ("spec.signerName", "nobody", "must be a fully qualified domain and path"),
        ("spec.signerName", "kubernetes.io/legacy-unknown", "the legacy signerName"),
    ):
        assert said in api.kubectl("create -f -", changed(good, path, value), fails=True)
    _, masters = key_and_request("eve", "system:masters")
    told = api.kubectl("create -f -", request("eve", masters), fails=True)
    assert "signer with system:masters group is not allowed" in told


def test_usages_that_the_signer_does_not_give(api):
    _, pem = key_and_request("eve")
    api.kubectl("create -f -", request("eve", pem, usages=["server auth"]))
    api.kubectl("certificate approve eve")
    api.kubectl("wait --for=condition=Failed csr/eve --timeout=30s")
    assert "Approved,Failed" in api.kubectl("get csr eve")
    api.kubectl("delete csr eve")


def test_signers_of_others_sign_themselves(api):
    _, pem = key_and_request("eve")
    api.kubectl("create -f -", request("eve", pem, signerName="example.com/mine"))
    api.kubectl("certificate approve eve")
    body = {"status": {"certificate": base64.b64encode(b"theirs").decode()}}
    path = "/apis/certificates.k8s.io/v1/certificatesigningrequests/eve/status"
    patched = api.send("PATCH", path, body, "application/merge-patch+json").data
    assert patched["status"]["certificate"] == body["status"]["certificate"]
    assert [c["type"] for c in patched["status"]["conditions"]] == ["Approved"]
    assert "Approved,Issued" in api.kubectl("get csr eve")
    api.kubectl("delete csr eve")


def test_who_may_approve(api):
    """To update the approval is not enough: one must be allowed to approve for the signer."""
    _, pem = key_and_request("eve")
    api.kubectl("create -f -", request("eve", pem))
    rule = "--verb=get,update --resource=certificatesigningrequests"
    api.kubectl(f"create clusterrole approver {rule},certificatesigningrequests/approval")
    api.kubectl("create clusterrolebinding approver --clusterrole=approver --user=ann")
    told = api.kubectl("certificate approve eve --as=ann", fails=True)
    assert "not permitted to approve requests with signerName" in told
    may = {"apiGroups": ["certificates.k8s.io"], "resources": ["signers"], "verbs": ["approve"]}
    named = {**may, "resourceNames": [CLIENT]}
    role = of("rbac.authorization.k8s.io/v1", "ClusterRole", "signer", rules=[named])
    api.kubectl("create -f -", role)
    api.kubectl("create clusterrolebinding signer --clusterrole=signer --user=ann")
    assert "approved" in api.kubectl("certificate approve eve --as=ann")
    api.kubectl("delete csr eve")
    for name in ("approver", "signer"):
        api.kubectl(f"delete clusterrole,clusterrolebinding {name}")


def test_what_is_asked_does_not_change(api):
    _, pem = key_and_request("eve")
    api.kubectl("create -f -", request("eve", pem))
    path = "/apis/certificates.k8s.io/v1/certificatesigningrequests/eve"
    other = {"spec": {"usages": ["server auth"], "username": "somebody"}}
    api.send("PATCH", path, other, "application/merge-patch+json")
    spec = json.loads(api.kubectl("get csr eve -o json"))["spec"]
    assert (spec["usages"], spec["username"]) == (["client auth"], "system:admin")
    api.kubectl("delete csr eve")
