"""Zip files as actions bring them."""

from __future__ import annotations

import base64
import io
import zipfile


def zipped(files: dict[str, str | bytes], *, executable: str = "") -> str:
    """Files in base64, as the API takes them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name == executable else 0o644) << 16
            archive.writestr(entry, content)
    return base64.b64encode(buffer.getvalue()).decode()
