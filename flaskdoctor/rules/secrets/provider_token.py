"""FD305: a provider's token or a private key in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.names import FUNCTIONS
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.secrecy.providertokens import QUICK, Token, tokens_in
from flaskdoctor.project.secrecy.secretnames import word_set, words
from flaskdoctor.rules.rule import Bad, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

# Put together here: written out, they would be found by what looks for tokens in this repository.
_AWS = "AKIA" + "QYLPMN5HXTR3WGZD"
_STRIPE = "sk_" + "live_" + "9aQx7LmT2vRkZ4bWcYpD81Hs"
_GITHUB = "gh" + "p_" + "Zk4WqX9vLmT2aRbYc7PdHs1JfNgUeVo83iBt"
_SLACK = "xox" + "b-" + "73095184626-59203718460-" + "qWzXvLmT2aRbYc7PdHs1JfNg"
_HOOK = "https://hooks.slack" + ".com/services/" + "T7K2M9QXW/B4H8ZP3LD/" + "qWzXvLmT2aRbYc7PdHs1JfNg"
_SENDGRID = "SG" + "." + "qWzXvLmT2aRbYc7PdHs1Jf" + "." + "Zk4WqX9vLmT2aRbYc7PdHs1JfNgUeVo83iBtKxMwQyA"
_GOOGLE = "AI" + "za" + "SyD4kWqX9vLmT2aRbYc7PdHs1JfNgUeVo83"
_TWILIO = "AC" + "4f9a27c1e8b3d05f6a91c47e2b80d35f"
_JWT = (
    "eyJ" + "hbGciOiJIUzI1NiJ9" + "." + "eyJ" + "zdWIiOiJraWxuIiwicm9sZSI6InNob3AifQ" + "." + "qWzXvLmT2aRbYc7PdHs1JfNg"
)
_KEY = (
    "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEAx7LmT2vRkZ4bWcYpD81HsQqWzXvLmT2aRbYc7PdHs1JfNgUe\n"
    "-----END RSA " + "PRIVATE KEY-----\n"
)
_MADE_UP = word_set("example examples sample dummy fake mock placeholder fixture")


class ProviderToken(Rule):
    """A token that a provider gave out, or a private key, stands in the code.

    ## What it finds

    What says by its form whose it is, under any name: keys of AWS, Twilio, Stripe, SendGrid, Mailgun, Google, OpenAI
    and Anthropic; tokens of GitHub, GitLab, Slack, npm, PyPI and DigitalOcean; Slack's webhooks; private keys in PEM
    form; JSON web tokens. In strings, f-strings and in lines of code that are commented out.

    A Google key and a web token are warnings, since some are made to be public or for a short time, and so is
    Twilio's account id; a Stripe test key is information. In tests only tokens that leave no doubt are told, as
    information.

    It leaves alone the public half (`pk_live_..`, `PUBLIC KEY`, a Supabase key for everybody), the examples of the
    providers' documents (`AKIA..EXAMPLE`), and whatever was plainly typed: `ghp_xxxx`, `sk_live_1234567890`. Only
    Python files are read; values in `.env` templates are FD322's.

    ## Why it matters

    Such tokens need no name beside them to be found: programs watch the public commits of GitHub for exactly these
    forms, and the first use of a leaked AWS key is a matter of minutes. In a private repository every clone,
    backup, Docker image and error report has it. AWS keys cost money, a GitHub token hands over the repository, a
    mail provider's key sends mail under your domain, and a signing key makes whatever it signed worthless.

    Providers look for them too: GitHub, Slack, OpenAI and others revoke a token that turns up in public, at a time
    that is not of your choosing.

    ## What to do instead

    1. **Revoke it** at the provider, and make a new one. Taking it out of the code does not undo that it was read.
    2. Read the new one from the environment:

       ```python
       import os

       stripe.api_key = os.environ["STRIPE_API_KEY"]
       ```

       and put it into `.env`, which git ignores. On AWS, leave the key out: `boto3.client("s3")` takes the machine's
       role, `~/.aws` or the environment by itself. Private keys go into a file beside the code or a secret store.
    3. Look at the provider's log for uses that were not yours.

    There is no one-key fix: moving a token that everybody may have read would only make it look safe.

    ## References

    - [GitHub: remediating a leaked secret](https://docs.github.com/en/code-security/tutorials/remediate-leaked-secrets/remediating-a-leaked-secret)
    - [AWS: if you inadvertently expose an access key](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys-audit.html)
    - [CWE-798: use of hard-coded credentials](https://cwe.mitre.org/data/definitions/798.html)
    """

    code = "FD305"
    name = "provider-token"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    # What tokens begin with; for those that begin with next to nothing, a word that stands beside them.
    needs = (
        b"AKIA", b"ASIA", b"ABIA", b"ACCA", b"AIza", b"wilio", b"TWILIO", b"sk_live_", b"sk_prod_", b"sk_test_",
        b"rk_live_", b"rk_prod_", b"rk_test_", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_",
        b"glpat-", b"gldt-", b"glft-", b"glsoat-", b"glrt-", b"xoxb-", b"xoxp-", b"xoxe", b"hooks.slack", b"SG.",
        b"ailgun", b"MAILGUN", b"T3BlbkFJ", b"sk-ant-api03-", b"npm_", b"pypi-AgEI", b"dop_v1_", b"doo_v1_",
        b"dor_v1_", b"eyJ", b"PRIVATE KEY",
    )  # fmt: skip
    pattern = QUICK

    bad = [
        Bad(f'import stripe\nfrom flask import Flask\n\napp = Flask(__name__)\nstripe.api_key = "{_STRIPE}"\n'),
        Bad(f'import boto3\n\ns3 = boto3.client("s3", aws_access_key_id="{_AWS}", aws_secret_access_key=load())\n'),
        Bad(
            "import requests\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route('/stock')\n"
            "def stock():\n"
            f"    headers = {{'Authorization': f'token {_GITHUB}'}}\n"
            f"    requests.post('{_HOOK}', json={{}})\n"
            "    return requests.get('https://api.github.com/repos/kiln/shop', headers=headers).json()\n",
            hits=2,
        ),
        Bad(
            f'import os\n\n\nclass Config:\n    CHAT = os.environ.get("SLACK_TOKEN", "{_SLACK}")\n'
            f'    MAPS: str = "{_GOOGLE}"\n    # MAIL_KEY = "{_SENDGRID}"\n',
            hits=3,
        ),
        Bad(f'SIGNING_KEY = """{_KEY}"""\nSECOND_KEY = (\n    {_KEY!r}\n)\n', hits=2),
        Bad(f'from twilio.rest import Client\n\nclient = Client("{_TWILIO}", password())\n'),
        Bad(f'import openai\n\nTOKEN = b"{_JWT}"\nif key := "{_GITHUB}":\n    openai.api_key = key\n', hits=2),
        # In tests what leaves no doubt is information.
        Bad({"tests/test_api.py": f'TOKEN = "{_GITHUB}"\n', "app.py": "import flask\n"}),
    ]
    good = [
        # Read from elsewhere, put in, only a part of one.
        'import os\n\nimport stripe\n\nstripe.api_key = os.environ["STRIPE_API_KEY"]\n'
        'HEADERS = {"Authorization": f"Bearer {os.environ[\'API_KEY\']}"}\n'
        'PREFIXES = ("sk_live_", "ghp_", "AKIA", "xoxb-")\n',
        # The public half.
        'import flask\n\nSTRIPE_PUBLIC_KEY = "pk_' + 'live_9aQx7LmT2vRkZ4bWcYpD81Hs"\n'
        'KEY = """-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAx7LmT2vRkZ4bWcYp\n"""\n',
        # Examples of documents, and what was typed.
        'import flask\n\nAWS_KEY = "AKIA' + 'IOSFODNN7EXAMPLE"\nTOKEN = "ghp_' + "x" * 36 + '"\n'
        'STRIPE_KEY = "sk_live_' + '1234567890abcdef12345678"\nSECOND = "sk_' + 'test_4eC39HqLyjWDarjtT1zdp7dc"\n'
        'HOOK = "https://hooks.slack' + '.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"\n'
        'THIRD = "xoxb' + '-1234-1234-4ddbc191d40ee098cbaae6f3523ada2d"\n',
        'import flask\n\nTOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9'
        + ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIi"
        'wiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"\n',
        f'import flask\n\nSAMPLE_KEY = "{_AWS}"\n\n\ndef fake_client(key="{_AWS}"):\n    pass\n',
        f'@bp.response(200, examples={{"ok": {{"value": {{"access_token": "{_JWT}"}}}}}})\ndef login():\n    pass\n',
        # A header that is looked for, or written around a key.
        'import flask\n\n\ndef is_key(text):\n    return text.startswith("-----BEGIN RSA ' + 'PRIVATE KEY-----")\n\n\n'
        'def wrap(body):\n    return "-----BEGIN PRIVATE' + ' KEY-----\\n" + body + "\\n-----END PRIVATE KEY-----"\n',
        # Patterns of tokens, and hashes that resemble none.
        'import re\n\nimport flask\n\nAWS_KEY = re.compile(r"AKIA[A-Z0-9]{16}")\n'
        'TOKENS = ["ghp_[A-Za-z0-9]{36}", "sk-ant-api03-.*"]\n'
        'COMMIT_KEY = "9d5a1c07e3b8426f9d5a1c07e3b8426f9d5a1c07"\n',
        # A docstring shows the form; so does a comment in prose.
        f'import flask\n\n\ndef notify(url):\n    """Posts to {_HOOK}."""\n    # as {_HOOK} for one\n',
        # Keys of tests are made for them.
        Good({"tests/keys.py": f'PRIVATE_KEY = """{_KEY}"""\nTOKEN = "{_JWT}"\n', "app.py": "import flask\n"}),
        f'class TestingConfig:\n    JWT_PRIVATE_KEY = """{_KEY}"""\n',
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The literals that hold a token, and commented-out code that does."""
        if module.role in ("migration", "docs"):
            return
        for node in module.nodes(ast.Constant):
            assert isinstance(node, ast.Constant)
            text = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
            if not isinstance(text, str) or len(text) < 20:
                continue
            token = next(tokens_in(text), None)
            if token is not None and not _is_shown(module, node):
                severity = _severity(module, node, token)
                if severity is not None:
                    yield _hit(_around(module, node), token, severity)
        for place, token in _in_comments(module):
            severity = _severity(module, place, token)
            if severity is not None:
                yield _hit(place, token, severity)


def _hit(node: ast.AST, token: Token, severity: Severity) -> Hit:
    family = token.family
    return Hit(
        node,
        f"{family.what} is written in the code: whoever reads the repository can use it",
        severity=severity,
        advice=f"Revoke it {family.renew}. Then read the new one from the environment.",
    )


def _is_shown(module: Module, node: ast.AST) -> bool:
    """A docstring, or a value whose name says that it is made up."""
    parent = module.parent(node)
    names: list[str] = []
    if isinstance(parent, ast.Expr):
        return True
    if isinstance(parent, ast.Assign):
        names = [target.id for target in parent.targets if isinstance(target, ast.Name)]
    elif isinstance(parent, ast.keyword):
        names = [parent.arg or ""]
    for part in module.ancestors(node):
        if isinstance(part, (*FUNCTIONS, ast.ClassDef)):
            names.append(part.name)
        elif isinstance(part, ast.keyword):
            names.append(part.arg or "")  # ``examples={..}`` of an OpenAPI document
    return any(not _MADE_UP.isdisjoint(words(name)) for name in names)


def _severity(module: Module, node: ast.AST, token: Token) -> Severity | None:
    family = token.family
    if module.role == "test" or purpose_of(module, node) == "test":
        return Severity.INFO if family.known else None
    return Severity.INFO if module.role == "example" and not family.known else family.severity


def _around(module: Module, node: ast.AST) -> ast.AST:
    """The node that is reported: the keyword or the statement around a literal, which has a name."""
    parent = module.parent(node)
    if isinstance(parent, ast.JoinedStr):
        return parent
    if isinstance(parent, ast.keyword) or (isinstance(parent, ast.Assign | ast.AnnAssign) and parent.value is node):
        return parent
    return node


def _in_comments(module: Module) -> Iterator[tuple[ast.AST, Token]]:
    """Tokens in quotes in lines that are comments: code that somebody switched off."""
    for number, line in enumerate(module.lines, 1):
        code = line.lstrip()
        if not code.startswith("#") or ('"' not in code and "'" not in code):
            continue
        token = next((found for found in tokens_in(line) if line[found.start - 1] in "\"'"), None)
        if token is not None:
            start, end = (len(line[:place].encode()) for place in (token.start, token.end))
            yield ast.Constant("", lineno=number, col_offset=start, end_lineno=number, end_col_offset=end), token
