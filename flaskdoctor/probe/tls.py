"""What a handshake tells of an https server: its certificate, whether that is trusted, the protocols it speaks.

Nothing is sent but the handshake. The first one is verified, with the system's store (so that mkcert's and a company's
authorities count); where that fails a second one is not, for the details alone.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import suppress

from flaskdoctor.probe.certificate import read_certificate
from flaskdoctor.probe.observation import Certificate, Distrust, Target, Tls

SECONDS = 2.0  # for one handshake
_GOODBYE = 0.3  # seconds for the end of a connection
_PROTOCOLS = ["h2", "http/1.1"]
# X509_V_ERR_..: what OpenSSL found first.
_DISTRUST = {
    9: Distrust.NOT_YET,
    10: Distrust.EXPIRED,
    18: Distrust.SELF_SIGNED,
    62: Distrust.OTHER_HOST,
    64: Distrust.OTHER_HOST,
    2: Distrust.UNKNOWN_ISSUER,
    19: Distrust.UNKNOWN_ISSUER,
    20: Distrust.UNKNOWN_ISSUER,
    21: Distrust.UNKNOWN_ISSUER,
}
_contexts: dict[bool, ssl.SSLContext] = {}


async def tls_facts(target: Target, deadline: float) -> Tls | None:
    """What the handshake tells; None where there is none, or the time (of ``time.monotonic``) is up. Never raises for
    what a server does."""
    try:
        return await _handshake(target, deadline, verify=True)
    except ssl.SSLCertVerificationError as error:
        distrust, words = _DISTRUST.get(error.verify_code, Distrust.OTHER), error.verify_message
    except (OSError, TimeoutError, ValueError, OverflowError, UnicodeError):
        return None
    try:
        unverified = await _handshake(target, deadline, verify=False)
    except (OSError, TimeoutError, ValueError, OverflowError, UnicodeError):
        unverified = Tls("", "")
    return unverified._replace(distrust=distrust, words=words)


async def _handshake(target: Target, deadline: float, *, verify: bool) -> Tls:
    context = await _context(verify=verify)
    async with asyncio.timeout(min(SECONDS, deadline - time.monotonic())):
        _, writer = await asyncio.open_connection(
            target.host, target.port, ssl=context, server_hostname=target.host, ssl_shutdown_timeout=_GOODBYE
        )
    try:
        connection = writer.get_extra_info("ssl_object")
        certificate = _certificate(connection.getpeercert(binary_form=True))
        return Tls(connection.version() or "", connection.selected_alpn_protocol() or "", certificate)
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            await writer.wait_closed()


def _certificate(der: bytes | None) -> Certificate | None:
    try:
        return read_certificate(der) if der else None
    except ValueError:
        return None


async def _context(*, verify: bool) -> ssl.SSLContext:
    """A context of its own: httpx sets on the one that it is given which protocols it offers."""
    if verify not in _contexts:
        _contexts[verify] = await asyncio.to_thread(ssl.create_default_context)
        _contexts[verify].set_alpn_protocols(_PROTOCOLS)
        if not verify:
            _contexts[verify].check_hostname = False
            _contexts[verify].verify_mode = ssl.CERT_NONE
    return _contexts[verify]
