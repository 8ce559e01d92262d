"""A server that speaks TLS, with a certificate made for the run."""

import subprocess
from pathlib import Path

from redislab.errors import StartError
from redislab.world.processes import free_port, local
from redislab.world.servers import Server
from redislab.world.supervisor import SupervisedResource

VALID = 2  # days


class SecureServer:
    """One `redis-server` from PATH behind two ports: `plain` speaks in the clear, `secure` speaks TLS.

    The bundled server is built without TLS, and a container would not find the certificate.

    Raises:
        StartError: there is no redis-server, or it has no TLS, or there is no openssl.
    """

    def __init__(self):
        self._resource, port = SupervisedResource(), free_port()
        try:
            certificate, key = self_signed(self._resource.folder)
            self.plain = local(
                tls_port=port,
                tls_cert_file=certificate,
                tls_key_file=key,
                tls_ca_cert_file=certificate,
                tls_auth_clients="no",
            )
            self.secure = Server(f"rediss://127.0.0.1:{port}?ssl_ca_certs={certificate}", "local")
        except StartError:
            self._resource.close()
            raise

    def close(self) -> None:
        self.plain.close()
        self._resource.close()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, on an elliptic curve, as files in `folder`.

    Raises:
        StartError: openssl is not there, or refuses.
    """
    certificate, key = folder / "server.crt", folder / "server.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", str(VALID), "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    try:
        subprocess.run(command, capture_output=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError) as failure:
        raise StartError(f"no certificate could be made ({type(failure).__name__}); install openssl") from None
    return certificate, key
