"""Certificates made inside a machine are real, and verify."""

import pytest
from cryptography import x509

from owlab.pocket.ground.certificates import load_key
from owlab.pocket.programs.openssl import OpensslUsageError, parse

AUTHORITY = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 "
    '-subj "/CN=owlab CA" '
    "-keyout ca.key -out ca.crt"
)
SERVER = (
    'openssl req -x509 -newkey rsa:2048 -nodes -days 825 -subj "/CN=OpenWhisk" '
    '-addext "subjectAltName=IP:127.1.2.3" -addext "basicConstraints=CA:FALSE" '
    "-CA ca.crt -CAkey ca.key -keyout tls.key -out tls.crt"
)


async def test_a_server_certificate_verifies_with_its_authority(on):
    for line in (AUTHORITY, SERVER):
        typed = await on("master", line)
        assert typed.status == 0, typed.err
    show = await on("master", "openssl x509 -in tls.crt -noout -subject -ext subjectAltName")
    assert "subject=CN = OpenWhisk" in show.out
    assert "IP Address:127.1.2.3" in show.out
    files = (await on("master", "cat tls.crt; cat ca.crt; stat -c %a ca.key tls.key")).out
    server, authority = x509.load_pem_x509_certificates(files.encode())
    assert server.issuer == authority.subject
    server.verify_directly_issued_by(authority)
    assert files.split()[-2:] == ["600", "600"]


async def test_the_authority_joins_the_systems_bundle_for_root_only(on):
    await on("master", AUTHORITY)
    await on("master", "sudo cp ca.crt /usr/local/share/ca-certificates/owlab.crt")
    assert (await on("master", "update-ca-certificates")).status == 1
    assert "1 added" in (await on("master", "sudo update-ca-certificates")).out
    assert "0 added" in (await on("master", "sudo update-ca-certificates")).out


async def test_a_request_is_what_an_authority_signs(on):
    """The first lines of the recipe for a user of a cluster."""
    for line in (
        "openssl genrsa -out jane.key 2048",
        "openssl req -new -key jane.key -out jane.csr -subj /CN=jane/O=dev",
    ):
        typed = await on("master", line)
        assert (typed.status, typed.out) == (0, ""), typed.err
    shown = await on("master", "openssl req -in jane.csr -noout -verify -subject")
    assert shown.out == "Certificate request self-signature verify OK\nsubject=CN = jane, O = dev\n"
    request = x509.load_pem_x509_csr((await on("master", "cat jane.csr")).out.encode())
    assert request.is_signature_valid
    assert (await on("master", "stat -c %a jane.key")).out == "600\n"
    assert "PRIVATE KEY" in (await on("master", "openssl genrsa")).out
    assert (
        "CERTIFICATE REQUEST"
        in (
            await on("master", "openssl req -new -newkey rsa:2048 -nodes -keyout k -subj /CN=a")
        ).out
    )


@pytest.mark.parametrize(
    "words", ["enc -aes256", "req -new", "req -x509 -newkey dsa:1", "genrsa 512"]
)
async def test_what_it_cannot_do_is_refused_by_name(on, words):
    typed = await on("master", f"openssl {words}")
    assert typed.status == 1
    assert "openssl:" in typed.err


REQ = (
    "openssl: only `req -x509 -newkey ...`, `req -new -key ...` and `req -in ... -noout` are known "
    "here\n"
)


@pytest.mark.parametrize(
    ("line", "err"),
    [
        ("req", REQ),
        ("req -noout -subject", REQ),
        ("req -x509 -in r.csr", REQ),
        ("req -x509 -key k", REQ),
        ("req -new -key k", "openssl: here nobody is asked for the subject: -subj /CN=...\n"),
        ("req -new -subj /CN=a", "openssl: a request needs -key FILE or -newkey rsa:2048\n"),
    ],
)
async def test_what_a_request_needs(on, line, err):
    typed = await on("master", f"openssl {line}")
    assert (typed.out, typed.err, typed.status) == ("", err, 1)


@pytest.mark.parametrize(
    ("words", "bits"),
    [
        ("ec -pkeyopt ec_paramgen_curve:P-256", 256),
        ("ec -pkeyopt ec_paramgen_curve:prime256v1", 256),
        ("ec -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_paramgen_curve:P-384", 384),
        ("ec -pkeyopt ec_paramgen_curve:secp521r1", 521),
        ("rsa", 2048),
        ("rsa:3072", 3072),
        ("rsa -pkeyopt rsa_keygen_bits:3072", 3072),
        ("rsa:2048 -pkeyopt rsa_keygen_bits:3072", 3072),
    ],
)
async def test_a_key_is_of_the_size_asked_for(on, words, bits):
    made = await on("master", f"openssl req -x509 -newkey {words} -nodes -subj /CN=a -keyout k")
    assert (made.status, made.err) == (0, "")
    kept = (await on("master", "cat k cert.pem")).out.encode()
    key = load_key(kept)
    assert key is not None
    assert key.key_size == bits
    assert x509.load_pem_x509_certificate(kept).public_key() == key.public_key()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ec", "Error generating ec key: -pkeyopt ec_paramgen_curve:P-256"),
        ("ec -pkeyopt ec_paramgen_curve:nope", "Error generating ec key: -pkeyopt ec_paramgen_"),
        ("ec -pkeyopt nope:1", 'Key parameter error "nope:1"'),
        ("ec -pkeyopt ec_paramgen_curve", 'Key parameter error "ec_paramgen_curve"'),
        ("ec -pkeyopt rsa_keygen_bits:2048", 'Key parameter error "rsa_keygen_bits:2048"'),
        ("rsa -pkeyopt ec_paramgen_curve:P-256", 'Key parameter error "ec_paramgen_curve:P-256"'),
        ("rsa:x", "an RSA key of x bits is not made here: 2048, 3072 or 4096"),
        ("ec:file", "no file of parameters is read here: -pkeyopt ec_paramgen_curve:P-256"),
        ("dsa:2048", "Unknown algorithm dsa"),
    ],
)
async def test_a_key_that_cannot_be_is_refused(on, words, said):
    made = await on("master", f"openssl req -x509 -newkey {words} -nodes -subj /CN=a -keyout k")
    assert (made.status, made.out) == (1, "")
    assert made.err.startswith(f"openssl: {said}")
    assert (await on("master", "ls k")).status == 2


async def test_what_is_told_of_a_request(on):
    await on("master", "openssl req -new -newkey rsa:2048 -nodes -keyout k -out r -subj /CN=a")
    pem = (await on("master", "cat r")).out
    for words, out in (
        ("", pem),
        ("-noout", ""),
        ("-noout -subject", "subject=CN = a\n"),
        ("-noout -verify", "Certificate request self-signature verify OK\n"),
        ("-subject", f"subject=CN = a\n{pem}"),
    ):
        typed = await on("master", f"openssl req -in r {words}")
        assert (typed.out, typed.status) == (out, 0), words
    again = await on(
        "master", "openssl req -new -key k -subj /CN=b -out s; openssl req -in s -subject"
    )
    assert again.out.startswith("subject=CN = b\n")
    broken = await on("master", "echo x > r; openssl req -in r; openssl req -in nofile")
    assert (broken.out, broken.status) == ("", 1)
    assert broken.err.count("Could not read or write a file of the certificate: ") == 2


def test_an_option_without_its_value_is_refused():
    with pytest.raises(OpensslUsageError, match="-subj"):
        parse(["-x509", "-subj"])


async def test_what_a_certificate_extends(on, master):
    """Names are told to everybody; who may sign is told to those who must understand it."""
    for name, more in (("own", ""), ("leaf", '-addext "basicConstraints=CA:FALSE" ')):
        await on(
            "master",
            f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
            f"-subj /CN=a {more}"
            f'-addext "subjectAltName=DNS:a.lab,IP:10.0.0.1" -keyout {name}.key -out {name}.crt',
        )
        made = x509.load_pem_x509_certificate(master.read(f"/home/ubuntu/{name}.crt") or b"")
        told = {one.oid._name: (one.critical, one.value) for one in made.extensions}
        assert {key: critical for key, (critical, _) in told.items()}.items() >= {
            ("subjectAltName", False),
            ("basicConstraints", True),
        }
        assert told["basicConstraints"][1] == x509.BasicConstraints(name == "own", None)
    shown = await on(
        "master", "openssl x509 -in leaf.crt -noout -subject -issuer -ext subjectAltName"
    )
    assert shown.out == (
        "subject=CN = a\nissuer=CN = a\nX509v3 Subject Alternative Name:\n"
        "    DNS:a.lab, IP Address:10.0.0.1\n"
    )
