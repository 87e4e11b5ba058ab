"""Reading a certificate: who it is for, who issued it, and until when it holds.

The ``ssl`` module tells these of a certificate that it trusts, and nothing of one that it does not: ``getpeercert()``
is then empty, and the function that decodes is private. So the few fields are read out of the DER here, alike for
both. Nothing is concluded from them but words: whether a certificate is trusted is OpenSSL's to say.
"""

from __future__ import annotations

import calendar
import ipaddress
import time
from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.probe.observation import Certificate

_MOST_BYTES = 65_536
_MOST_NAMES = 100
_LONGEST = 253  # characters of a name
_SEQUENCE, _SET, _OID, _BYTES = 0x30, 0x31, 0x06, 0x04
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_EXTENSIONS = 0xA3
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_COMMON_NAME, _ORGANIZATION = b"\x55\x04\x03", b"\x55\x04\x0a"
_ALTERNATIVE_NAMES = b"\x55\x1d\x11"
_WIDE = {0x1E: "utf-16-be", 0x1C: "utf-32-be"}  # BMPString, UniversalString; all others are ASCII or UTF-8
_DUMMY = "Dummy Certificate"  # what Werkzeug's ``ssl_context="adhoc"`` calls itself


class _Item(NamedTuple):
    tag: int
    content: bytes


def read_certificate(der: bytes) -> Certificate:
    """The fields of an X.509 certificate in DER (RFC 5280). Raises ``ValueError`` for anything else."""
    if len(der) > _MOST_BYTES:
        raise ValueError("a certificate of more than 64 KiB")
    signed = list(_items(_first(_first(der))))
    if signed and signed[0].tag == 0xA0:  # the version, which the first one left out
        del signed[0]
    if len(signed) < 6:
        raise ValueError("no certificate")
    _, _, issuer, validity, subject, _, *rest = signed
    if {issuer.tag, validity.tag, subject.tag} != {_SEQUENCE}:
        raise ValueError("no certificate")
    start, end = [_time(item) for item in _items(validity.content)]
    of, by = _name(subject.content), _name(issuer.content)
    names = next((_alternatives(item.content) for item in rest if item.tag == _EXTENSIONS), ())
    common = of.get(_COMMON_NAME, "")
    return Certificate(
        common or of.get(_ORGANIZATION, ""),
        by.get(_COMMON_NAME, "") or by.get(_ORGANIZATION, ""),
        names or ((common,) if common else ()),
        start,
        end,
        subject.content == issuer.content,
        of.get(_ORGANIZATION) == by.get(_ORGANIZATION) == _DUMMY,
    )


def _items(data: bytes) -> Iterator[_Item]:
    """The elements of a constructed one, in order."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("cut off")
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            count = size & 0x7F
            if not 1 <= count <= 3 or at + count > len(data):
                raise ValueError("no DER")
            size = int.from_bytes(data[at : at + count], "big")
            at += count
        if at + size > len(data):
            raise ValueError("cut off")
        yield _Item(tag, data[at : at + size])
        at += size


def _first(data: bytes) -> bytes:
    """The content of the first element, which has to be a sequence."""
    item = next(_items(data), None)
    if item is None or item.tag != _SEQUENCE:
        raise ValueError("no sequence")
    return item.content


def _time(item: _Item) -> float:
    text = item.content.decode("ascii", errors="replace")
    if item.tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text  # RFC 5280: 1950 to 2049
    elif item.tag != _GENERALIZED_TIME:
        raise ValueError("no time")
    return float(calendar.timegm(time.strptime(text, "%Y%m%d%H%M%SZ")))


def _name(data: bytes) -> dict[bytes, str]:
    """The first of each kind of attribute of a distinguished name."""
    found: dict[bytes, str] = {}
    for group in _items(data):
        for attribute in _items(group.content) if group.tag == _SET else ():
            parts = list(_items(attribute.content))
            if len(parts) == 2 and parts[0].tag == _OID:
                found.setdefault(parts[0].content, _text(parts[1]))
    return found


def _alternatives(data: bytes) -> tuple[str, ...]:
    """The host names and addresses of the extension that holds them."""
    names: list[str] = []
    for extension in _items(_first(data)):
        parts = list(_items(extension.content))
        if len(parts) < 2 or parts[0].content != _ALTERNATIVE_NAMES or parts[-1].tag != _BYTES:
            continue
        for name in _items(_first(parts[-1].content)):
            if len(names) == _MOST_NAMES:
                break
            if name.tag == _DNS_NAME:
                names.append(_text(name))
            elif name.tag == _IP_ADDRESS and len(name.content) in (4, 16):
                names.append(str(ipaddress.ip_address(name.content)))
    return tuple(names)


def _text(item: _Item) -> str:
    return item.content.decode(_WIDE.get(item.tag, "utf-8"), errors="replace")[:_LONGEST]
