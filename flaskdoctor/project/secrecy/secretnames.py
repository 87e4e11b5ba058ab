"""Which names stand for secrets, which values are placeholders, and what a provider's token looks like."""

from __future__ import annotations

import re

from flaskdoctor.patterns import lazy


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_WORD = lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words(name: str) -> tuple[str, ...]:
    """The words of a name, lower case: ``MAIL_PASSWORD``, ``mailPassword`` and ``mail-password`` are two."""
    return tuple(word.lower() for word in _WORD.findall(name))


# -- settings: what a rule may call a secret ----------------------------------------------------------------

# Keys that sign or encrypt: whoever knows one can forge what the app trusts, so a guessable one is as bad.
_SIGNING = word_set(
    "SECRET_KEY SECRET_KEY_FALLBACKS JWT_SECRET_KEY JWT_SECRET WTF_CSRF_SECRET_KEY CSRF_SECRET_KEY "
    "CSRF_SESSION_KEY SECURITY_PASSWORD_SALT FLASK_SECRET_KEY APP_SECRET_KEY SESSION_SECRET "
    "SESSION_SECRET_KEY SECRET_TOKEN"
)
_ENDINGS = (
    ("secret",),
    ("secret", "key"),
    ("secret", "token"),
    ("secret", "access", "key"),
    ("password",),
    ("passwd",),
    ("pwd",),
    ("pass",),
    ("passphrase",),
    ("password", "salt"),
    ("api", "key"),
    ("apikey",),
    ("private", "key"),
    ("encryption", "key"),
    ("signing", "key"),
    ("fernet", "key"),
    ("master", "key"),
    ("token",),
)
# ``SECURITY_MSG_INVALID_PASSWORD`` is a text, ``RECAPTCHA_PUBLIC_KEY`` is public.
_NOT_SETTINGS = word_set("public publishable msg message subject label text title help flash view enable enabled")


def is_signing_key(key: str) -> bool:
    """Whether a setting signs or encrypts: sessions, tokens, form protection."""
    return key.upper() in _SIGNING


def is_secret_setting(key: str) -> bool:
    """Whether a configuration key or environment variable holds a secret, by its name alone."""
    if is_signing_key(key):
        return True
    found = words(key)
    if found[:2] == ("secret", "key") and len(found) > 2 and found[-1] not in _HARMLESS_ENDINGS:
        return True  # SECRET_KEY_HMAC
    if not _NOT_SETTINGS.isdisjoint(found):
        return False
    return any(found[-len(ending) :] == ending for ending in _ENDINGS)


# -- names: what masking hides, wider than what a rule reports ----------------------------------------------

_HIDDEN = word_set(
    "secret secrets password passwords passwd passwort passphrase pwd pass token tokens apikey apikeys "
    "apitoken dsn salt pepper credential credentials authorization bearer accountkey secretkey accesskey "
    "privatekey authtoken accesstoken"
)
# ``CACHE_KEY`` and the like are names of things; any other constant ``.._KEY`` may open something.
_OPENING_KEYS = word_set(
    "api access private encryption encrypt signing sign auth master fernet jwt hmac aes rsa app "
    "application service account license storage subscription consumer deploy ssh pgp gpg stripe sendgrid "
    "mailgun"
)
_HARMLESS_KEYS = word_set(
    "cache primary foreign public session sort lookup index partition dict group field row hash config "
    "map form unique natural composite by max min no has is the a parent child order on json data extra"
)
_HARMLESS_ENDINGS = word_set(
    "url uri field fields name header headers type path cookie file filename length size min max expires "
    "expiry expiration lifetime ttl age timeout location algorithm algorithms required enabled prefix "
    "method methods endpoint view template policy regex pattern message msg label placeholder form schema "
    "exception error errors mixin validator route limit count re regexp title email subject namespace "
    "attr fieldname xpath query page params metadata info status kind days hours minutes seconds column "
    "table attr attribute"
)


def is_secret_name(name: str) -> bool:
    """Whether a literal under this name is hidden wherever source is shown. Rather too often than not."""
    found = words(name)
    if not found or found[-1] in _HARMLESS_ENDINGS:
        return False
    if not _HIDDEN.isdisjoint(found):
        return True
    if found[-1] in ("key", "keys") and len(found) > 1:
        return found[-2] in _OPENING_KEYS or (name.isupper() and found[-1] == "key" and found[-2] not in _HARMLESS_KEYS)
    return False


# -- values -------------------------------------------------------------------------------------------------

_PLACEHOLDER = lazy(
    r"none|null|true|false|x{3,}|\*+|\.{3,}|(.)\1*|<.*>|\{.*\}|\$\{.*\}|\$\(.*\)|%\(.*\)s|todo|fixme|tbd",
    re.IGNORECASE | re.DOTALL,
)
_PLACEHOLDER_PART = lazy(
    r"change[-_ ]?(?:me|this)|your[-_ ]|[-_ ]here\b|example|placeholder|replace|redacted|dummy|sample|fake",
    re.IGNORECASE,
)
_TEMPLATED = lazy(
    r"\{\{.*\}\}|\{%.*%\}|\A\$\{\w+\}\Z|\A@(?:format|jinja|get|env)\b|\A(?:env|vault|ssm|secret|arn:aws):", re.DOTALL
)
_HASHED = lazy(
    r"(?:pbkdf2|scrypt|bcrypt|argon2\w*|sha\d+|md5)[:$]|\$(?:2[abxy]|5|6|argon2\w*|pbkdf2[\w-]*|scrypt)\$",
    re.IGNORECASE,
)


def is_placeholder(value: str) -> bool:
    """Whether a value only says that one belongs here: ``changeme``, ``<your key>``, ``xxx``."""
    return _PLACEHOLDER.fullmatch(value) is not None or _PLACEHOLDER_PART.search(value) is not None


def is_templated(value: str) -> bool:
    """Whether a value only says where the secret comes from: ``{{ cookiecutter.key }}``, ``${KEY}``, ``vault:..``."""
    return _TEMPLATED.search(value) is not None


_FILLERS = word_set(
    "a an the my your our some any this that here in to for of on and or not no so very super really top long "
    "strong weak simple hard guess unknown random string text value default insecure unsafe secure secret secrets "
    "key keys password passwords passwd pass pwd pw passphrase token tokens salt pepper api app access private "
    "public auth jwt csrf session signing encryption dev devel development develop debug local localhost test tests "
    "testing tester demo prod production staging admin administrator root user username users guest login name "
    "flask python django web site server service db database postgres postgresql mysql mariadb redis mongo mongodb "
    "rabbitmq set add put insert enter fill generate generated make use type edit me it you will never ever please "
    "do must should be only just works work any foo bar baz qux spam eggs hello world welcome keyboard cat qwerty "
    "letmein abc abcd abcde abcdef xyz one two three id client webhook mail email smtp bot aws scott tiger"
)
_CLOSING = lazy(r"(?:password|passwd|passphrase|pass|pwd|pw|secret|secretkey|key|token|user)[\W_]*\Z")


def is_filler(value: str, *names: str) -> bool:
    """Whether a value is made of words that such values are made of everywhere: ``super-secret-key``, ``admin123``.

    ``names`` are what it stands for (the variable's name, a user's): repeating their words says nothing either. So
    does a value of letters alone that ends in what it is: ``shop_pass``.
    """
    plain = re.sub(r"[\d\W_]+\Z", "", value) if len(re.findall(r"\d", value)) <= 6 else value
    if re.search(r"\d", plain):
        return False
    known = _FILLERS.union(*(words(name) for name in names)) if names else _FILLERS
    lower = plain.lower()
    if _CLOSING.search(lower):
        return len(lower) <= 40
    return all(_made_of(run, known) for run in re.findall(r"[a-z]+", lower))


def _made_of(run: str, known: frozenset[str]) -> bool:
    """Whether a run of letters is one of the words, or some of them written together."""
    reach = {0}
    for end in range(1, len(run) + 1):
        if any(run[start:end] in known for start in reach if end - start < 16):
            reach.add(end)
    return len(run) in reach


def is_password_hash(value: str) -> bool:
    """Whether a value is the hash of a password and not the password."""
    return _HASHED.match(value) is not None


# Wider than the providers' own forms: a token that was cut or mistyped is hidden as well.
PROVIDER_TOKENS = lazy(
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"  # AWS
    r"|\bSK[0-9a-fA-F]{32}\b|\bAC[0-9a-f]{32}\b"  # Twilio
    r"|\b[sr]k_(?:live|prod|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9+/=]{16,}"  # Stripe
    r"|\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{16,}"  # GitHub
    r"|\bgl(?:pat|dt|ft|soat|rt)-[\w-]{16,}"  # GitLab
    r"|\bxox[abeoprs]-[\w-]{10,}|hooks\.slack\.com/services/[\w/]+"  # Slack
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}"  # SendGrid
    r"|\bkey-[a-f0-9]{32}\b"  # Mailgun
    r"|\bAIza[\w-]{20,}"  # Google
    r"|\bsk-[\w-]*T3BlbkFJ[\w-]*|\bsk-(?:proj-|ant-)[\w-]{20,}"  # OpenAI, Anthropic
    r"|\bnpm_[A-Za-z0-9]{20,}|\bpypi-AgEIcHlwaS5vcmc[\w-]*"  # npm, PyPI
    r"|\bdo[opr]_v1_[a-f0-9]{20,}"  # DigitalOcean
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"  # JWT
)
URL_CREDENTIALS = lazy(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)"
    # ``user:password@`` up to the last @ of the host; not a port and a path (``http://shop:8000/@ada``)
    r"(?!(?:(?<=http://)|(?<=https://)|(?<=ws://)|(?<=wss://))[^\s/:@]*:\d+/)(?P<login>[^\s\"'<>/:@]*:[^\s\"'<>]+(?=@)|[^\s\"'<>/:@]{16,})@"
)
PRIVATE_KEY = lazy(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
