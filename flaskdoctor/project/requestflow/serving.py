"""What a file does with requests, as the words of its source say: how the client is asked for, what comes in by forms.

Rules that report once a project, where its app is made, have to know it of every file. No tree is needed for it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flaskdoctor.patterns import lazy

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

SCHEME = "scheme"  # it makes absolute URLs of the request, or asks whether it came by https
ADDRESS = "address"  # it asks for the client's address
FORWARDED = "forwarded"  # it reads the headers of a proxy, or has something do so
UPLOADS = "uploads"  # it takes files
LIMITS = "limits"  # it limits what a request may bring
CSRF = "csrf"  # it speaks of tokens against cross-site request forgery, or uses what checks them
POST_FORM = "post form"  # a form that posts stands in a text of it
PROGRAMS = "programs"  # it takes what scripts and other programs send, which is no form

# A search for a word is fast, and one for a pattern that begins with a word; one for alternatives is not.
_SCHEME = lazy(rb"request\.(?:url|url_root|root_url|host_url|base_url|is_secure|scheme)\b")
_EXTERNAL = lazy(rb"\b_external\b")
_ADDRESSES = (b"remote_addr", b"REMOTE_ADDR", b"get_remote_address", b"get_ipaddr")
# In lower case, as all that follows.
_PROXIES = (b"proxyfix", b"proxy_fix", b"reverseprox", b"reverse_prox", b"trusted_proxy")
_FORWARDING = (
    b"forwarded", b"access_route", b"real-ip", b"real_ip", b"connecting-ip", b"url_scheme\"", b"url_scheme'",
    b"_scheme=", b"x_scheme", b"x-scheme",
)  # fmt: skip
_LIMITING = (b"max_content_length", b"content_length", b"content-length", b"patch_request_class")
_PROTECTING_PARTS = (b"srf", b"wtf", b"seasurf", b"flask_security", b"flask_appbuilder", b"flask_user")
_PROTECTING = (b"csrf", b"xsrf", b"flask_wtf", b"flask.ext.wtf", *_PROTECTING_PARTS[2:])
# What a configuration for tests says is no protection.
_NO_CSRF = lazy(rb"^[^\n#]*csrf\w*[\"']?\]?\s*[=:]\s*false[^\n]*$", re.MULTILINE)
_BODIES = lazy(rb"\brequest\.(?:json|get_json|data|get_data|stream|is_json)\b")
_INTERFACES = (b"flask_rest", b"flask_smorest", b"flask.ext.restful", b"apiflask")
_POST_FORM = lazy(rb"<form\b[^>]{0,500}\bmethod\s*=\s*\\?[\"']?\s*post", re.IGNORECASE)


def read_serving(module: Module) -> frozenset[str]:
    """The words above that hold for a file; none for tests, documentation and migrations."""
    source = module.source
    if module.role not in ("app", "script") or (b"lask" not in source and b"quart" not in source):
        return frozenset()
    lowered = source.lower()
    found = set()
    if b"flask_dance" in source or _SCHEME.search(source) or _EXTERNAL.search(source):
        found.add(SCHEME)
    if (b"addr" in lowered or b"get_ip" in source) and any(word in source for word in _ADDRESSES):
        found.add(ADDRESS)
    words = (*_PROXIES, *_FORWARDING) if b"prox" in lowered else _FORWARDING
    if any(word in lowered for word in words):
        found.add(FORWARDED)
    if b"request.files" in source or b"FileField(" in source:
        found.add(UPLOADS)
    if (b"content" in lowered or b"patch_req" in source) and any(word in lowered for word in _LIMITING):
        found.add(LIMITS)
    if any(part in lowered for part in _PROTECTING_PARTS) and _protects(lowered):
        found.add(CSRF)
    if _BODIES.search(source) or any(word in source for word in _INTERFACES):
        found.add(PROGRAMS)
    if b"<form" in lowered and _POST_FORM.search(source):
        found.add(POST_FORM)
    return frozenset(found)


def _protects(lowered: bytes) -> bool:
    found = [word for word in _PROTECTING if word in lowered]
    return bool(found) and (found != [b"csrf"] or b"csrf" in _NO_CSRF.sub(b"", lowered))
