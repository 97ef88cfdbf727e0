"""What all rooms of the lab stand on: its clock, database, map, names, JSON and certificates."""

from __future__ import annotations

import io
import math
import stat
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from owlab.pocket.ground import internet
from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.hosts import is_local
from owlab.pocket.ground.intake import Unreadable, measure, parse, text_only
from owlab.pocket.ground.tls import Authority


@pytest.mark.parametrize(
    ("speed", "scaled", "limit", "backoff"),
    [
        ("instant", [0, 0], [30, 60], [0.02, 2.0]),
        ("class", [0.1, 4], [30, 60], [0.1, 4]),
        ("real", [1, 100], [30, 300], [1, 100]),
    ],
)
def test_durations(
    speed: Any, scaled: list[float], limit: list[float], backoff: list[float]
) -> None:
    clock = Clock(speed)
    assert [clock.scaled(1), clock.scaled(100)] == scaled
    assert [clock.limit(30), clock.limit(300)] == limit
    assert [clock.backoff(1), clock.backoff(100)] == backoff


# -- database ------------------------------------------------------------------------------


@pytest.fixture
def db(tmp_path: Path) -> Database:
    made = Database(tmp_path / "lab.sqlite")
    made.schema("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY) STRICT;")
    return made


def test_only_its_owner_reads_a_database(db: Database) -> None:
    assert stat.S_IMODE(Path(db.path).stat().st_mode) == 0o600


def test_a_transaction_is_all_or_nothing(db: Database) -> None:
    with db.transaction():
        db.run("INSERT INTO t VALUES (1)")
        with db.transaction():
            db.run("INSERT INTO t VALUES (2)")
    assert db.rows("SELECT a FROM t ORDER BY a") == [(1,), (2,)]
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.run("INSERT INTO t VALUES (3)")
        with db.transaction():
            db.run("INSERT INTO t VALUES (4)")
        raise ZeroDivisionError
    # The inner one does not end the outer one, and the next begins anew.
    with pytest.raises(ZeroDivisionError), db.transaction(), db.transaction():
        raise ZeroDivisionError
    with db.transaction():
        db.run("INSERT INTO t VALUES (5)")
    assert db.rows("SELECT a FROM t ORDER BY a") == [(1,), (2,), (5,)]
    assert db.row("SELECT a FROM t WHERE a = 3") is None
    assert db.run("DELETE FROM t WHERE a < 5") == 2


def test_a_copy_is_another_database(db: Database, tmp_path: Path) -> None:
    db.run("INSERT INTO t VALUES (1)")
    db.backup(tmp_path / "copy.sqlite")
    db.run("INSERT INTO t VALUES (2)")
    assert Database(tmp_path / "copy.sqlite").rows("SELECT a FROM t") == [(1,)]
    db.close()
    db.close()


# -- names of hosts ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:31001", True),
        ("203.0.113.9:80", True),
        ("[::1]:443", True),
        ("::1", True),
        ("worker1", True),
        ("WORKER1:80", True),
        ("localhost.", True),
        ("my.localhost:80", True),
        ("kubernetes.default.svc", True),
        ("nginx.openwhisk.svc.cluster.local", True),
        ("evil.example", False),
        ("evil.example:80", False),
        ("localhost.evil.example", False),
        ("notlocalhost.com", False),
        ("xkubernetes.default", False),
        ("127.0.0.1.nip.io", False),
    ],
)
def test_names_that_are_ours(host: str, ours: bool) -> None:
    assert is_local(host) is ours


# -- JSON ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b'{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        (b'"\\ud800x"', "�x"),
        (b'{"\\uDC00": "\\ud83d\\ude00"}', {"�": "😀"}),
        (b'"\xff"', "�"),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"[" * 200 + b"]" * 200, None),
    ],
)
def test_json(raw: bytes, wanted: Any) -> None:
    found = parse(raw)
    assert found == wanted or (wanted is None and found)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b"NaN", "invalid character 'N' looking for beginning of value"),
        (b"-Infinity", "invalid character '-' looking for beginning of value"),
        (b"1e999", "cannot unmarshal number 1e999 into Go value of type float64"),
        (b"1" * 4001, "a number has more than 4000 digits"),
        (b"[" * 202 + b"]" * 202, r"exceeded max depth \(200\)"),
        (b'{"a":' * 202 + b"1" + b"}" * 202, r"exceeded max depth \(200\)"),
        (b"[" * 100_000, r"exceeded max depth \(200\)"),
    ],
)
def test_json_that_is_none(raw: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        parse(raw)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"9223372036854775808", float(2**63)),
        (b"999999999999999999", 999999999999999999),
        (b"1" * 300, float("1" * 300)),
    ],
)
def test_numbers_as_go_reads_them(raw: bytes, wanted: float) -> None:
    found = parse(raw, wide=False)
    assert found == wanted and type(found) is type(wanted)


def test_numbers_that_go_cannot_read() -> None:
    with pytest.raises(Unreadable, match="cannot unmarshal number"):
        parse(b"1" * 321, wide=False)


def test_half_of_a_character_is_replaced() -> None:
    assert parse(b'"\\ud800"', half="?") == "?"
    assert text_only("a\ud800b") == "a�b"

    class Fields(dict[str, Any]):
        pass

    # The reader's own mapping stays, where no name changes.
    assert type(parse(b'{"a": "\\ud800"}', pairs=Fields)) is Fields
    assert parse(b'{"\\ud800": 1}', pairs=Fields) == {"�": 1}


def test_what_holds_itself_has_no_end() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(Unreadable, match="exceeded max depth"):
        measure(loop)
    wide: list[Any] = [0] * 1000
    for _ in range(2):
        wide = [wide] * 1000
    with pytest.raises(Unreadable, match="more than 1000000 values"):
        measure(wide)
    measure([[0] * 999] * 999)


# -- the map of the internet ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "status", "holds"),
    [
        ("https://get.k3s.io", 200, b"k3s-pocket-installer"),
        ("http://get.k3s.io/", 200, b"k3s-pocket-installer"),
        ("https://get.k3s.io/none", 404, b"404: Not Found"),
        ("https://github.com/none", 404, b"404: Not Found"),
        ("https://kubernetes-sigs.github.io/nfs-subdir-external-provisioner/index.yaml", 200,
         b"nfs-subdir-external-provisioner"),
        ("https://kubernetes-sigs.github.io/other/index.yaml", 404, b"404: Not Found"),
    ],
)  # fmt: skip
def test_addresses(url: str, status: int, holds: bytes) -> None:
    page = internet.fetch(url)
    assert page is not None and page.status == status and holds in page.content


def test_addresses_that_lead_elsewhere_or_nowhere() -> None:
    page = internet.fetch("http://github.com/a/b")
    assert page is not None and (page.status, page.location) == (301, "https://github.com/a/b")
    for url in ("https://example.com/", "ftp://github.com/", "file:///etc/passwd"):
        assert internet.fetch(url) is None
    assert internet.address_of("example.com") is None
    addresses = {internet.address_of(host) for host in internet.hosts()}
    assert len(addresses) == len(internet.hosts())
    assert all(str(address).startswith("203.0.113.") for address in addresses)


@pytest.mark.parametrize("machine", ["amd64", "arm64"])
@pytest.mark.parametrize("version", ["latest", "1.2.0"])
def test_the_archive_of_wsk(machine: str, version: str, tmp_path: Path) -> None:

    base = "https://github.com/apache/openwhisk-cli/releases/download"
    page = internet.fetch(f"{base}/{version}/OpenWhisk_CLI-{version}-linux-{machine}.tgz")
    assert page is not None and page.status == 200
    with tarfile.open(fileobj=io.BytesIO(page.content)) as archive:
        modes = {member.name: member.mode for member in archive}
        program = archive.extractfile("wsk")
        assert program is not None and internet.wsk_installed(program.read())
    assert modes == {"README.md": 0o644, "wsk": 0o755}
    assert not internet.wsk_installed(b"#!/bin/bash\necho\n") and not internet.wsk_installed(None)


@pytest.mark.parametrize("end", ["", "/", ".git", ".git/"])
def test_the_charts_repository(end: str) -> None:
    found = internet.repository(f"https://github.com/apache/openwhisk-deploy-kube{end}")
    assert found is not None and "helm/openwhisk/Chart.yaml" in found.files()
    assert internet.repository("https://github.com/apache/openwhisk") is None


# -- certificates --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("lab"))


def days(certificate: x509.Certificate) -> float:
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    assert certificate.not_valid_before_utc < datetime.now(UTC)
    return left / timedelta(days=1)


def test_an_authority_signs_and_nothing_else(authority: Authority) -> None:
    own = x509.load_pem_x509_certificate(authority.pem)
    basic = own.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    usage = own.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.crl_sign, usage.key_agreement) == (True, True, False)
    assert math.isclose(days(own), 3650, abs_tol=1)
    folder = authority.certificate_path.parent
    for name in ("ca.crt", "ca.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    # The same one is there the next time.
    assert Authority(folder).pem == authority.pem


def test_a_server_answers_by_its_names(authority: Authority) -> None:
    pem, key = authority.issue("n" * 70, ["127.0.0.1", "worker1", "worker1"])
    certificate = x509.load_pem_x509_certificate(pem)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pem))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["127.0.0.1", "worker1"]
    [common] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert common.value == "n" * 64
    # Browsers take no more than 825 days.
    assert 819 < days(certificate) < 825
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert basic.ca is False
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_cert_sign) == (True, False)
    assert key.startswith(b"-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize(
    ("usages", "wanted"),
    [
        (["client auth"], [ExtendedKeyUsageOID.CLIENT_AUTH]),
        (["digital signature", "server auth"], [ExtendedKeyUsageOID.SERVER_AUTH]),
    ],
)
def test_a_request_is_signed(authority: Authority, usages: list[str], wanted: list[Any]) -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("a.example")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ada")])
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .add_extension(names, critical=False)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    certificate = x509.load_pem_x509_certificate(authority.sign(request, usages, 86400))
    assert certificate.subject == subject and math.isclose(days(certificate), 1, abs_tol=0.1)
    found = certificate.extensions
    assert list(found.get_extension_for_class(x509.ExtendedKeyUsage).value) == wanted
    assert found.get_extension_for_class(x509.SubjectAlternativeName).value == names
