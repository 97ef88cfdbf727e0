"""``openssl genrsa``, ``req``, ``x509`` and ``update-ca-certificates``: real certificates.

Only what the course types. Anything else is refused by name.
"""

from __future__ import annotations

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from owlab.pocket.ground import certificates
from owlab.pocket.ground.certificates import Extension, PrivateKey
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.digests import VERBS, digest

_WITH_VALUE = {
    "-newkey",
    "-pkeyopt",
    "-days",
    "-subj",
    "-addext",
    "-keyout",
    "-out",
    "-CA",
    "-CAkey",
    "-in",
    "-ext",
    "-key",
}
_FLAGS = {
    *("-x509", "-nodes", "-noenc", "-new", "-noout", "-text", "-subject", "-issuer", "-enddate"),
    *("-verify", "-dates"),
}
_KEYS = ("2048", "3072", "4096")
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    **dict.fromkeys(("prime256v1", "P-256"), ec.SECP256R1),
    **dict.fromkeys(("secp384r1", "P-384"), ec.SECP384R1),
    **dict.fromkeys(("secp521r1", "P-521"), ec.SECP521R1),
}
_PEM = serialization.Encoding.PEM
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_LOCAL = "/usr/local/share/ca-certificates"


class OpensslUsageError(Exception):
    """Words that this openssl does not understand."""


def parse(argv: list[str]) -> dict[str, list[str]]:
    """Options and their values, in order; a flag has the value ``""``."""
    found: dict[str, list[str]] = {}
    words = iter(argv)
    for word in words:
        if word in _WITH_VALUE:
            value = next(words, None)
            if value is None:
                raise OpensslUsageError(f"Option {word} needs a value")
            found.setdefault(word, []).append(value)
        elif word in _FLAGS:
            found.setdefault(word, []).append("")
        else:
            raise OpensslUsageError(f"Unknown option or cipher: {word.lstrip('-')}")
    return found


@program("openssl", machines="all")
async def openssl(call: Call) -> int:
    """Keys (``genrsa``), requests (``req -new``), certificates (``req -x509``, ``x509``), ``rand``.

    A request is what a cluster's authority signs: ``kubectl certificate approve``.
    """
    try:
        match call.argv:
            case ["version"]:
                await call.out("OpenSSL 3.0 (owlab pocket lab: certificates only)\n")
            case [verb, *words] if verb in VERBS:
                await digest(call, verb, words)
            case ["genrsa", *words]:
                await call.out(_generate(call, words))
            case ["req", *words]:
                await call.out(_request(call, parse(words)))
            case ["x509", *words]:
                await call.out(_describe(call, parse(words)))
            case _:
                raise OpensslUsageError(
                    f"the pocket lab has no `openssl {' '.join(call.argv[:2])}`"
                )
    except OpensslUsageError as error:
        await call.err(f"openssl: {error}\n")
        return 1
    except (OSError, ValueError) as error:
        await call.err(f"Could not read or write a file of the certificate: {error}\n")
        return 1
    return 0


def _generate(call: Call, words: list[str]) -> str:
    """An RSA key, into a file or onto standard output."""
    sizes = [word for word in words if word.isdecimal()]
    options = parse([word for word in words if word not in sizes])
    key = _rsa_key((sizes or _KEYS)[0])
    private = certificates.key_pem(key)
    if "-out" not in options:
        return private.decode()
    _write(call, options["-out"][-1], private, 0o600)
    return ""


def _request(call: Call, options: dict[str, list[str]]) -> str:
    if "-x509" in options and "-newkey" in options:
        _certificate(call, options)
        return ""
    if "-new" in options and "-x509" not in options:
        return _signing_request(call, options)
    if "-in" in options and "-x509" not in options:
        return _describe_request(call, options)
    raise OpensslUsageError(
        "only `req -x509 -newkey ...`, `req -new -key ...` and `req -in ... -noout` are known here"
    )


def _signing_request(call: Call, options: dict[str, list[str]]) -> str:
    """What an authority is to sign, with a key that is there or a new one."""
    if "-subj" not in options:
        raise OpensslUsageError("here nobody is asked for the subject: -subj /CN=...")
    if "-newkey" in options:
        key = _new_key(options)
        _write(call, options.get("-keyout", ["privkey.pem"])[-1], certificates.key_pem(key), 0o600)
    elif "-key" in options:
        loaded = certificates.load_key(_read(call, options["-key"][-1]))
        if loaded is None:
            raise OpensslUsageError("the key is of a kind that signs nothing here")
        key = loaded
    else:
        raise OpensslUsageError("a request needs -key FILE or -newkey rsa:2048")
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(options["-subj"][-1]))
    if "-addext" in options:
        for extension, critical in _extensions(options["-addext"]):
            if not isinstance(extension, x509.BasicConstraints):
                builder = builder.add_extension(extension, critical)
    request = builder.sign(key, hashes.SHA256()).public_bytes(_PEM)
    if "-out" not in options:
        return request.decode()
    _write(call, options["-out"][-1], request, 0o644)
    return ""


def _describe_request(call: Call, options: dict[str, list[str]]) -> str:
    request = x509.load_pem_x509_csr(_read(call, options["-in"][-1]))
    lines = []
    if "-verify" in options:
        valid = request.is_signature_valid
        lines.append(f"Certificate request self-signature verify {'OK' if valid else 'failure'}")
    if "-subject" in options or "-text" in options:
        lines.append(f"subject={_shown(request.subject)}")
    if "-noout" not in options:
        lines.append(request.public_bytes(_PEM).decode().rstrip())
    return "".join(f"{line}\n" for line in lines)


def _certificate(call: Call, options: dict[str, list[str]]) -> None:
    key = _new_key(options)
    subject = _name(options.get("-subj", ["/CN=localhost"])[-1])
    issuer, signer = subject, key
    if "-CA" in options:
        authority = x509.load_pem_x509_certificate(_read(call, options["-CA"][-1]))
        loaded = certificates.load_key(_read(call, options.get("-CAkey", options["-CA"])[-1]))
        if loaded is None:
            raise OpensslUsageError("the authority's key is of a kind that signs nothing here")
        issuer, signer = authority.subject, loaded
    pem = certificates.certificate(
        subject,
        key,
        datetime.timedelta(days=int(options.get("-days", ["30"])[-1])),
        issuer=issuer,
        signer=signer,
        extensions=_extensions(options.get("-addext", [])),
    )
    _write(call, options.get("-keyout", ["privkey.pem"])[-1], certificates.key_pem(key), 0o600)
    _write(call, options.get("-out", ["cert.pem"])[-1], pem, 0o644)


def _new_key(options: dict[str, list[str]]) -> PrivateKey:
    """The key that ``-newkey`` and ``-pkeyopt`` ask for."""
    algorithm, _, size = options["-newkey"][-1].partition(":")
    chosen = options.get("-pkeyopt", [])
    if algorithm == "rsa":
        return _rsa_key(_last_of(chosen, "rsa_keygen_bits") or size or "2048")
    if algorithm != "ec":
        raise OpensslUsageError(f"Unknown algorithm {algorithm}")
    if size:
        raise OpensslUsageError(
            "no file of parameters is read here: -pkeyopt ec_paramgen_curve:P-256"
        )
    curve = _CURVES.get(_last_of(chosen, "ec_paramgen_curve"))
    if curve is None:
        raise OpensslUsageError("Error generating ec key: -pkeyopt ec_paramgen_curve:P-256")
    return ec.generate_private_key(curve())


def _last_of(chosen: list[str], name: str) -> str:
    """The value of the key's parameter with this name, the only one that such a key has."""
    value = ""
    for option in chosen:
        named, colon, value = option.partition(":")
        if named != name or not colon:
            raise OpensslUsageError(f'Key parameter error "{option}"')
    return value


def _rsa_key(bits: str) -> rsa.RSAPrivateKey:
    if bits not in _KEYS:
        raise OpensslUsageError(f"an RSA key of {bits} bits is not made here: 2048, 3072 or 4096")
    return rsa.generate_private_key(public_exponent=65537, key_size=int(bits))


def _name(subject: str) -> x509.Name:
    kinds = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME, "C": NameOID.COUNTRY_NAME}
    if not subject.startswith("/"):
        raise OpensslUsageError(
            "subject name is expected to be in the format /type0=value0/type1=value1/type2=..."
        )
    parts = [part.partition("=") for part in subject.strip("/").split("/") if part]
    try:
        return x509.Name([x509.NameAttribute(kinds[kind], value) for kind, _, value in parts])
    except KeyError as error:
        raise OpensslUsageError(f"Unknown part of the subject: {error.args[0]}") from None


def _extensions(given: list[str]) -> list[Extension]:
    found: list[Extension] = []
    authority = True
    for text in given:
        name, _, value = text.partition("=")
        if name == "subjectAltName":
            found.append((x509.SubjectAlternativeName(_alternative_names(value)), False))
        elif name == "basicConstraints":
            authority = "CA:TRUE" in value
        else:
            raise OpensslUsageError(f"Unknown extension {name}")
    found.append((x509.BasicConstraints(ca=authority, path_length=None), True))
    return found


def _alternative_names(value: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for item in value.split(","):
        kind, _, name = item.partition(":")
        if kind == "IP":
            names.append(x509.IPAddress(ipaddress.ip_address(name)))
        elif kind == "DNS":
            names.append(x509.DNSName(name))
        else:
            raise OpensslUsageError(f"Unknown kind of name: {kind}")
    return names


def _describe(call: Call, options: dict[str, list[str]]) -> str:
    certificate = x509.load_pem_x509_certificate(_read(call, options.get("-in", [""])[-1]))
    lines = []
    if "-subject" in options or "-text" in options:
        lines.append(f"subject={_shown(certificate.subject)}")
    if "-issuer" in options or "-text" in options:
        lines.append(f"issuer={_shown(certificate.issuer)}")
    if "-dates" in options:
        lines.append(f"notBefore={certificate.not_valid_before_utc:%b %e %H:%M:%S %Y} GMT")
    if {"-enddate", "-dates", "-text"} & set(options):
        lines.append(f"notAfter={certificate.not_valid_after_utc:%b %e %H:%M:%S %Y} GMT")
    if "subjectAltName" in options.get("-ext", []) or "-text" in options:
        lines += ["X509v3 Subject Alternative Name:", f"    {_names_of(certificate)}"]
    if "-noout" not in options:
        lines.append(certificate.public_bytes(_PEM).decode().rstrip())
    return "".join(f"{line}\n" for line in lines)


def _names_of(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return "none"
    shown = [
        f"IP Address:{name.value}" if isinstance(name, x509.IPAddress) else f"DNS:{name.value}"
        for name in names
    ]
    return ", ".join(shown)


def _shown(name: x509.Name) -> str:
    """As OpenSSL 3.0 writes it: ``CN = a, O = b``."""
    return ", ".join(f"{part.rfc4514_attribute_name} = {part.value!s}" for part in name)


@program("update-ca-certificates", machines="all")
async def update_ca_certificates(call: Call) -> int:
    """Collect the certificates of ``/usr/local/share/ca-certificates`` in the system's bundle."""
    if not call.root:
        await call.err(f"update-ca-certificates: {_BUNDLE}: Permission denied\n")
        return 1
    found = []
    if call.fs.exists(_LOCAL):
        names = sorted(entry["name"] for entry in call.fs.read_dir(_LOCAL))
        found = [call.fs.read_file(f"{_LOCAL}/{name}") for name in names if name.endswith(".crt")]
    before = call.fs.read_file(_BUNDLE) if call.fs.exists(_BUNDLE) else b""
    call.fs.mkdir("/etc/ssl/certs", recursive=True)
    call.fs.write_file(_BUNDLE, b"".join(found))
    added = sum(1 for certificate in found if certificate not in before)
    await call.out(
        "Updating certificates in /etc/ssl/certs...\n"
        f"{added} added, 0 removed; done.\n"
        "Running hooks in /etc/ca-certificates/update.d...\ndone.\n"
    )
    return 0


def _read(call: Call, name: str) -> bytes:
    return call.fs.read_file(call.path(name))


def _write(call: Call, name: str, content: bytes, mode: int) -> None:
    path = call.path(name)
    call.fs.write_file(path, content)
    call.fs.chmod(path, mode)
