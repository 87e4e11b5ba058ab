"""Tokens that say by their form which provider made them: AWS, Stripe, GitHub and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.finding import Severity
from flaskdoctor.patterns import lazy
from flaskdoctor.project.secrecy.secretnames import is_placeholder, is_templated


class Family(NamedTuple):
    """One kind of token. ``what`` is its name with an article, ``known`` says that its form alone is no doubt: it
    counts in tests too. ``renew`` is where it is revoked."""

    what: str
    pattern: re.Pattern[str]
    severity: Severity
    renew: str
    known: bool = True


class Token(NamedTuple):
    """A token found in a text, from ``start`` to ``end``. It does not keep the token itself."""

    family: Family
    start: int
    end: int


def _family(what: str, pattern: str, renew: str, severity: Severity = Severity.ERROR, *, known: bool = True) -> Family:
    return Family(what, lazy(pattern), severity, renew, known)


_AWS = "in the IAM console (Security credentials): make it inactive, then delete it"
_SLACK = "at https://api.slack.com/apps, on the app's page"
# Forms as the providers document them, and as gitleaks and detect-secrets look for them.
FAMILIES = (
    _family("An AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b", _AWS),
    _family("A Twilio API key", r"\bSK[0-9a-fA-F]{32}\b", "in Twilio's console, under API keys"),
    _family(
        "A Twilio account id", r"\bAC[0-9a-f]{32}\b", "in Twilio's console: it needs a token beside it",
        Severity.WARNING, known=False,
    ),
    _family("A live Stripe key", r"\b[sr]k_(?:live|prod)_[A-Za-z0-9]{10,240}\b", "at https://dashboard.stripe.com/apikeys"),
    _family(
        "A Stripe test key", r"\b[sr]k_test_[A-Za-z0-9]{10,240}\b", "at https://dashboard.stripe.com/test/apikeys",
        Severity.INFO, known=False,
    ),
    _family(
        "A GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_\w{82}\b",
        "at https://github.com/settings/tokens",
    ),
    _family(
        "A GitLab token", r"\bgl(?:pat|dt|ft|soat|rt)-[\w-]{20,50}", "in GitLab, under Access tokens"
    ),
    _family("A Slack token", r"\bxox[bp]-\d{9,14}-[\w-]{14,}|\bxoxe(?:\.xox[bp])?-\d-\w{100,}", _SLACK),
    _family("A Slack webhook", r"hooks\.slack\.com/services/T[A-Z0-9]{7,}/B[A-Z0-9]{7,}/[A-Za-z0-9]{23,25}\b", _SLACK),
    _family("A SendGrid key", r"\bSG\.[\w-]{20,24}\.[\w-]{39,50}", "at https://app.sendgrid.com/settings/api_keys"),
    _family("A Mailgun key", r"\bkey-[a-f0-9]{32}\b", "in Mailgun's console, under API keys"),
    _family(
        "A Google API key", r"\bAIza[\w-]{35}(?![\w-])", "at https://console.cloud.google.com/apis/credentials",
        Severity.WARNING, known=False,
    ),
    _family("An OpenAI key", r"\bsk-[\w-]{8,}T3BlbkFJ[\w-]{8,}", "at https://platform.openai.com/api-keys"),
    _family("An Anthropic key", r"\bsk-ant-api03-[\w-]{40,}", "at https://console.anthropic.com/settings/keys"),
    _family("An npm token", r"\bnpm_[A-Za-z0-9]{36}\b", "with `npm token revoke`"),
    _family("A PyPI token", r"\bpypi-AgEIcHlwaS5vcmc[\w-]{50,}", "at https://pypi.org/manage/account/"),
    _family(
        "A DigitalOcean token", r"\bdo[opr]_v1_[a-f0-9]{64}\b", "at https://cloud.digitalocean.com/account/api/tokens"
    ),
    _family(
        "A private key",
        # Its header alone is what programs look for; a key has a body, with line ends as they are or as ``\n``.
        r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----(?:[\s\"'+#,]|\\[nr])*"
        r"(?:[A-Z][\w-]{2,20}: [^\n\\]{1,200}(?:[\s\"'+#,]|\\[nr])+){0,4}[A-Za-z0-9+/=]{40}",
        "by making a new pair, and taking the old public key out wherever it is trusted",
        known=False,
    ),
    _family(
        "A JSON web token", r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}", "at the service that made it",
        Severity.WARNING, known=False,
    ),
)  # fmt: skip

# One look at a file's bytes: where a token begins, behind a quote, or a slash in a URL.
QUICK = re.compile(
    rb"""["'/](?:A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}|AIza|SK[0-9a-fA-F]{32}|AC[0-9a-f]{32}|[sr]k_(?:live|prod|test)_"""
    rb"""|gh[pousr]_|github_pat_|gl(?:pat|dt|ft|soat|rt)-|xox[bpe]|hooks\.slack\.com/services/T|SG\.[\w-]{20}"""
    rb"""|key-[a-f0-9]{32}|sk-[\w-]{8,}T3BlbkFJ|sk-ant-api03-|npm_[A-Za-z0-9]{36}|pypi-AgEIcHl|do[opr]_v1_"""
    rb"""|eyJ[\w-]{8,}\.eyJ|(?:Bearer |[Tt]oken )(?:gh[pousr]_|github_pat_|gl|xox|SG\.|sk-|eyJ|do)"""
    rb"""|-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|[\s\\][\s\\n]{0,40}-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY)"""
)
_MADE_UP = lazy(r"(\w)\1{3}|0?12345|23456|abcde|bcdef|fedcba|98765|EXAMPLE|(?i:deadbeef|cafebabe|foobar|t0ken)")
_DOCUMENTED = ("4eC39HqLyjWDarjtT1zdp7dc", "BQokikJOvBiI2HlWgH4olfQ2")  # in Stripe's own documents, for everybody
_FEWEST = 8  # different characters, of a token that was made at random


def is_provider_token(text: str) -> bool:
    """Whether a literal is or holds a token, which is a finding of its own (FD305)."""
    return next(tokens_in(text), None) is not None


def tokens_in(text: str) -> Iterator[Token]:
    """The tokens of a text that are no placeholders, each once."""
    ends: set[int] = set()
    for family in FAMILIES:
        for match in family.pattern.finditer(text):
            if match.end() not in ends and not _is_made_up(family, match[0]):
                ends.add(match.end())
                yield Token(family, match.start(), match.end())


def _is_made_up(family: Family, token: str) -> bool:
    """Whether a token only shows the form: ``AKIAIOSFODNN7EXAMPLE``, ``ghp_xxxx``, ``xoxb-1234567890-..``."""
    if family.what == "A JSON web token":
        return _is_public(token)
    body = token.rpartition("-----")[2] if family.what == "A private key" else token
    if any(known in body for known in _DOCUMENTED) or is_templated(body):
        return True
    random = re.sub(r"\A(?:AKIA|ASIA|ABIA|ACCA|[a-z]+_[a-z]+_|[a-z]+[_-]|AIza|SG\.|SK|AC)", "", body)
    return _MADE_UP.search(random) is not None or is_placeholder(body) or len(set(random)) < _FEWEST


def _is_public(token: str) -> bool:
    """Whether the claims of a web token are those of a document's example, or of a key that pages hold anyway."""
    import base64
    import json

    claims = token.split(".")[1]
    try:
        found = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except (ValueError, RecursionError):
        return True  # it only looks like one
    if not isinstance(found, dict):
        return True
    example = found.get("sub") == "1234567890" or found.get("iat") == 1516239022 or found.get("some") == "payload"
    return example or found.get("role") == "anon"
