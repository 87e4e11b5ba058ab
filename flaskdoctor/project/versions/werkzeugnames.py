"""The public names that Werkzeug has lost, with the first release that lacks them."""

from __future__ import annotations

import re
from typing import NamedTuple


class Gone(NamedTuple):
    """``since`` is the first release without it; ``moved`` the module that has the very same thing."""

    since: tuple[int, int]
    instead: str
    moved: str = ""


def _moved(since: tuple[int, int], module: str, *names: str, origin: str = "werkzeug") -> dict[str, Gone]:
    return {f"{origin}.{name}": Gone(since, f"import it from {module}", module) for name in names}


def _gone(since: tuple[int, int], instead: str, origin: str, *names: str) -> dict[str, Gone]:
    return {f"{origin}.{name}": Gone(since, instead) for name in names}


# Each was looked for in Werkzeug 0.16.1, 1.0.1, 2.0.3, 2.1.2, 2.2.3, 2.3.8, 3.0.6 and 3.1.3; ``werkzeug.utils.escape``
# was gone in 2.1 and is back, as a name that the module happens to import.
GONE: dict[str, Gone] = {
    **_moved(
        (1, 0), "werkzeug.utils", "append_slash_redirect", "cached_property", "environ_property", "find_modules",
        "header_property", "import_string", "redirect", "secure_filename",
    ),
    **_moved((1, 0), "werkzeug.security", "check_password_hash", "generate_password_hash"),
    **_moved(
        (1, 0), "werkzeug.datastructures", "Accept", "Authorization", "CallbackDict", "CombinedMultiDict",
        "EnvironHeaders", "FileStorage", "HeaderSet", "Headers", "ImmutableDict", "ImmutableList", "ImmutableMultiDict",
        "ImmutableTypeConversionDict", "MultiDict", "RequestCacheControl", "ResponseCacheControl",
        "TypeConversionDict", "WWWAuthenticate", "CharsetAccept", "LanguageAccept", "MIMEAccept", "ETags",
    ),
    **_moved((1, 0), "werkzeug.local", "Local", "LocalManager", "LocalProxy", "LocalStack", "release_local"),
    **_moved(
        (1, 0), "werkzeug.http", "HTTP_STATUS_CODES", "dump_cookie", "dump_header", "dump_options_header",
        "generate_etag", "http_date", "is_resource_modified", "parse_accept_header", "parse_cookie", "parse_date",
        "parse_dict_header", "parse_etags", "parse_list_header", "parse_options_header", "parse_set_header",
        "quote_etag", "unquote_etag",
    ),
    **_moved((1, 0), "werkzeug.test", "EnvironBuilder", "create_environ", "run_wsgi_app"),
    **_moved((1, 0), "werkzeug.exceptions", "abort", "Aborter"),
    **_moved((1, 0), "werkzeug.urls", "iri_to_uri", "uri_to_iri"),
    **_moved((1, 0), "werkzeug.wsgi", "ClosingIterator", "FileWrapper", "get_current_url", "get_host", "responder",
             "wrap_file"),
    **_moved((1, 0), "werkzeug.debug", "DebuggedApplication"),
    **_moved((1, 0), "werkzeug.formparser", "parse_form_data"),
    **_moved((1, 0), "werkzeug.middleware.dispatcher", "DispatcherMiddleware"),
    **_moved((1, 0), "werkzeug.middleware.shared_data", "SharedDataMiddleware"),
    **_moved((1, 0), "werkzeug.middleware.dispatcher", "DispatcherMiddleware", origin="werkzeug.wsgi"),
    **_moved((1, 0), "werkzeug.middleware.shared_data", "SharedDataMiddleware", origin="werkzeug.wsgi"),
    **_moved((1, 0), "werkzeug.middleware.http_proxy", "ProxyMiddleware", origin="werkzeug.wsgi"),
    **_gone((1, 0), "use Request and Response of werkzeug.wrappers", "werkzeug", "BaseRequest", "BaseResponse"),
    **_gone((1, 0), "use urllib.parse", "werkzeug", "url_decode", "url_encode", "url_fix", "url_quote",
            "url_quote_plus", "url_unquote", "url_unquote_plus", "Href"),
    **_gone((1, 0), "use markupsafe", "werkzeug", "escape"),
    **_gone((2, 1), "use hmac.compare_digest", "werkzeug.security", "safe_str_cmp"),
    **_gone((2, 1), "use hashlib.pbkdf2_hmac", "werkzeug.security", "pbkdf2_hex", "pbkdf2_bin"),
    **_gone((2, 1), "Response and Request have all of it", "werkzeug.wrappers", "AcceptMixin", "AuthorizationMixin",
            "BaseRequest", "BaseResponse", "CommonRequestDescriptorsMixin", "CommonResponseDescriptorsMixin",
            "ETagRequestMixin", "ETagResponseMixin", "PlainRequest", "ResponseStreamMixin", "StreamOnlyMixin",
            "UserAgentMixin", "WWWAuthenticateMixin"),
    **_gone((2, 1), "use html.unescape", "werkzeug.utils", "unescape"),
    **_gone((2, 1), "use a template", "werkzeug.utils", "html", "xhtml", "HTMLBuilder"),
    **_gone((2, 1), "use inspect.signature", "werkzeug.utils", "bind_arguments", "validate_arguments",
            "ArgumentValidationError"),
    **_gone((2, 1), "use string.Template", "werkzeug.utils", "format_string"),
    **_gone((2, 1), "use json.detect_encoding", "werkzeug.utils", "detect_utf_encoding"),
    **_gone((2, 1), "delete the key of the object's dict", "werkzeug.utils", "invalidate_cached_property"),
    **_gone((2, 1), "use http_date", "werkzeug.http", "cookie_date"),
    **_gone((2, 1), "use urllib.parse", "werkzeug.urls", "Href"),
    **_gone((2, 1), "use run_simple(.., use_reloader=True)", "werkzeug.serving", "run_with_reloader"),
    **_gone((2, 1), "use the traceback module", "werkzeug.debug.tbtools", "get_current_traceback", "Traceback"),
    **_gone((2, 3), "read the WSGI environment", "werkzeug.wsgi", "extract_path_info", "get_query_string",
            "get_script_name", "peek_path_info", "pop_path_info"),
    **_gone((3, 0), "use urllib.parse.urlsplit", "werkzeug.urls", "url_parse", "BaseURL", "BytesURL", "URL"),
    **_gone((3, 0), "use urllib.parse", "werkzeug.urls", "url_decode", "url_decode_stream", "url_encode",
            "url_encode_stream", "url_fix", "url_join", "url_quote", "url_quote_plus", "url_unparse", "url_unquote",
            "url_unquote_plus"),
    **_gone((3, 0), "use Authorization.from_header", "werkzeug.http", "parse_authorization_header"),
    **_gone((3, 0), "use WWWAuthenticate.from_header", "werkzeug.http", "parse_www_authenticate_header"),
    **_gone((3, 0), "iterate over the stream", "werkzeug.wsgi", "make_line_iter", "make_chunk_iter"),
    **_gone((3, 1), 'ask importlib.metadata.version("werkzeug")', "werkzeug", "__version__"),
}  # fmt: skip

_MIXINS = Gone((2, 1), "Response and Request have all of it")

# Modules that are gone with all they held.
MODULES = {
    "werkzeug.contrib.fixers": Gone((1, 0), "use werkzeug.middleware.proxy_fix"),
    "werkzeug.contrib.cache": Gone((1, 0), "use cachelib"),
    "werkzeug.contrib.profiler": Gone((1, 0), "use werkzeug.middleware.profiler"),
    "werkzeug.contrib": Gone((1, 0), "its parts live on in libraries of their own"),
    "werkzeug.posixemulation": Gone((2, 0), "use os.replace"),
    "werkzeug.useragents": Gone((2, 1), "use ua-parser"),
    "werkzeug.filesystem": Gone((2, 1), "use sys.getfilesystemencoding"),
    "werkzeug.wrappers.json": _MIXINS,
    "werkzeug.wrappers.cors": _MIXINS,
    "werkzeug.wrappers.accept": _MIXINS,
    "werkzeug.wrappers.auth": _MIXINS,
    "werkzeug.wrappers.base_request": _MIXINS,
    "werkzeug.wrappers.base_response": _MIXINS,
    "werkzeug.wrappers.common_descriptors": _MIXINS,
    "werkzeug.wrappers.etag": _MIXINS,
    "werkzeug.wrappers.user_agent": _MIXINS,
}

# A file that uses one of them holds a match: many files import something of Werkzeug, few what is gone.
FIRST_PARTS = re.compile(
    rb"werkzeug\s+import|import\s+werkzeug|werkzeug\.(?:contrib|posixemulation|useragents|filesystem|__version__)"
    rb"|werkzeug\.wrappers\.[a-z]|[\"'](?:sha\d|md5|plain)|\b(?:"
    + "|".join(sorted({name.rpartition(".")[2] for name in GONE if name.count(".") > 1})).encode()
    + rb")\b"
)
