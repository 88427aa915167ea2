"""Keys over real TLS: the certificate is checked for the name, whatever the address is."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from consent.key_urls import KeyUrls

SET = {"keys": [{"kty": "EC"}]}


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a self-signed certificate for a DNS name, no address in it; return it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


class Handler(BaseHTTPRequestHandler):
    """Answers with a set of keys, if it is asked by the right name."""

    def do_GET(self) -> None:
        is_right = (self.headers["Host"] or "").startswith("localhost:")
        body = json.dumps(SET).encode()
        self.send_response(200 if is_right else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def serving(certificate_: Path, key: Path) -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def fetched(port: int, trusted: Path | None) -> list[object]:
    """Return what a broker on loopback gets, whose machine trusts one certificate, or the usual."""
    verify = True if trusted is None else ssl.create_default_context(cafile=str(trusted))
    urls = KeyUrls(
        issuer="http://localhost:8000",
        at=lambda: 1_800_000_000,
        transport=httpx2.HTTPTransport(verify=verify),
    )
    return list(urls.key_sets(f"https://localhost:{port}/keys.json"))


def test_the_certificate_is_for_the_name_of_the_url(tmp_path: Path) -> None:
    files = certificate(tmp_path, "localhost")
    with serving(*files) as port:
        assert fetched(port, files[0]) == [SET]


def test_a_certificate_for_another_name_or_of_a_stranger_gives_no_keys(tmp_path: Path) -> None:
    files = certificate(tmp_path, "another.example")
    with serving(*files) as port:
        assert fetched(port, files[0]) == []
    files = certificate(tmp_path, "localhost")
    with serving(*files) as port:
        assert fetched(port, None) == []
