"""Short names for bytes: what tells one content from another."""

from __future__ import annotations

try:
    from _blake2 import blake2b  # ``hashlib`` has the same one, and loads OpenSSL beside it: 5 ms of a check
except ImportError:
    from hashlib import blake2b


def digest(data: bytes, size: int = 16) -> bytes:
    """The BLAKE2b digest of ``data`` in ``size`` bytes."""
    return blake2b(data, digest_size=size).digest()
