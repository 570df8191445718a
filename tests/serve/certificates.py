"""Certificates for tests, made by openssl in a folder of the test's own."""

from __future__ import annotations

import functools
import ssl
import subprocess
from pathlib import Path

__all__ = ["Authority", "client_context"]


class Authority:
    """A certificate authority of its own.

    Args:
        folder: where its files go; it is made.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.path = folder / "ca.crt"
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._run("req", "-x509", *curve, "-days", "2", "-subj", "/CN=test", "-keyout", "ca.key", "-out", "ca.crt")

    def issue(self, name: str, *names: str) -> tuple[str, str]:
        """Return the paths of a certificate and its key, good for servers and clients at *names*."""
        (self.folder / "ext").write_text(
            f"subjectAltName={','.join(names or ('DNS:localhost', 'IP:127.0.0.1'))}\n"
            "extendedKeyUsage=serverAuth,clientAuth\n"
        )
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._run("req", *curve, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext"]
        self._run("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.crt")
        return str(self.folder / f"{name}.crt"), str(self.folder / f"{name}.key")

    def _run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


@functools.lru_cache(32)
def client_context(authority: str, cert: str = "", key: str = "") -> ssl.SSLContext:
    """Return a context that trusts *authority* and shows a certificate where one is given."""
    context = ssl.create_default_context(cafile=authority)
    if cert:
        context.load_cert_chain(cert, key)
    return context
