"""A certificate with its key, as a connection's context takes them."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from owlab.pocket.ground.private_files import write_private


def load_key_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Answer, or come, with this certificate; Python reads it from files only.

    :raises ssl.SSLError: they are none, or do not belong together. A key with a password is
        refused as well: nobody could be asked for it.
    """
    with tempfile.TemporaryDirectory(prefix="owlab-tls-") as directory:
        paths = Path(directory) / "crt", Path(directory) / "key"
        for path, pem in zip(paths, (certificate, key), strict=True):
            write_private(path, pem)
        context.load_cert_chain(*paths, password="")
