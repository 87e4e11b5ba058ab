"""FD322: a template of .env that holds a real secret."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Fix, Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.secrecy.sharedvalues import how_secret
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "import flask\n"
_ADVICE = (
    "Change it: what was committed stays readable in the history, in every clone and fork. A new `SECRET_KEY` is "
    "made by `python -c 'import secrets; print(secrets.token_hex())'`."
)


class SecretInTemplate(ProjectRule):
    """The template of .env, which is committed, holds a real secret.

    ## What it finds

    In `.env.example`, `.env-template` and their like: a value behind a secret's name (`.._PASSWORD`, `.._SECRET`,
    `.._TOKEN`, `SECRET_KEY`) that was made by a machine or looks like somebody's own, a provider's token or private
    key behind whatever name, and a URL with a login for a server that is not on this machine.

    It leaves alone what only shows the form: empty values, `change-me`, `<your key>`, `xxx`, `sk_test_xxxx`,
    `super-secret-key`, `postgres:postgres@localhost`, booleans, numbers, paths, and names that are public
    (`VITE_..`, `.._PUBLIC_KEY`). A short value that could be either is a warning.

    ## Why it matters

    The template is the one env file that everybody gets. It is most often written by copying `.env` and emptying
    it, and one value is forgotten; or a shared development key is put there "for convenience" and ends up on a
    server, since a copied template works at once and nobody is asked for a key. Whoever reads the repository then
    can sign that server's sessions or send mail in its name.

    ## What to do instead

    Leave the value empty and say in a comment where one comes from:

    ```ini
    # Make one with: python -c 'import secrets; print(secrets.token_hex())'
    SECRET_KEY=
    ```

    The fix blanks the value; a comment behind it moves to a line above, since `KEY= # comment` makes older
    versions of python-dotenv (before 1.2.4) take the comment for the value. Then change the secret: emptying the
    template does not empty the history.

    ## References

    - [The twelve-factor app: config](https://12factor.net/config)
    - [GitHub: removing sensitive
    data](https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository)
    """

    code = "FD322"
    name = "secret-in-template"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Leave the value in the template empty"
    fix_risk = (
        "Who sets the project up from the template has to get the value elsewhere. It is still in git's history: "
        "change the secret itself."
    )
    bad = [
        Bad(
            {
                "app.py": APP,
                ".env.example": "# The shop\nSECRET_KEY=9d5a1c07e3b8426f\n"
                "export MAIL_PASSWORD='kiln-4711'  # ask Ada\n",
            },
            fixed={".env.example": "# The shop\nSECRET_KEY=\n# ask Ada\nexport MAIL_PASSWORD=\n"},
            hits=2,
        ),
        # A login for a server somewhere; Google's form of a password for one app.
        Bad(
            {
                "app.py": APP,
                ".env-template": "DATABASE_URL=postgresql://kiln:clay-4711@db.pottery.shop/kiln\r\n"
                "MAIL_PASSWORD=qkzw vbtr mlpx hgdn\r\n",
            },
            fixed={".env-template": "DATABASE_URL=\r\nMAIL_PASSWORD=\r\n"},
            hits=2,
        ),
        # A provider's token behind a name that says nothing; a private key of several lines.
        Bad(
            {"app.py": APP, "env.sample": "BOT=xoxb-4711084711-kilnAndClayKilnAndClay\nPORT=5000"},
            fixed={"env.sample": "BOT=\nPORT=5000"},
        ),
        Bad(
            {
                "app.py": APP,
                ".env.example": 'A=1\nKEY="-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY-----"\nB=2',
            },
            fixed={".env.example": "A=1\nKEY=\nB=2"},
        ),
    ]
    good = [
        {"app.py": APP, ".env.example": "SECRET_KEY=\nMAIL_PASSWORD=change-me\nAPI_TOKEN=<your token>\nA_SECRET=xxx\n"},
        # What everybody writes there.
        {
            "app.py": APP,
            ".env.example": "SECRET_KEY=super-secret-key\nJWT_SECRET=insecure_key_for_dev\nDB_PASSWORD=password123\n"
            "ADMIN_PASSWORD=admin\nPOSTGRES_PASSWORD=shop_pass\nWEBHOOK_SECRET=s3cr3t\nA_TOKEN=P@ssw0rd\n",
        },
        {
            "app.py": APP,
            ".env.example": "API_KEY=YOUR_API_KEY\nA_TOKEN=SHOP_ACCESS_TOKEN\nPAY_SECRET_KEY=sk_test_xxxxxxxxxxxxxxxx\n"
            "B_TOKEN=0123456789abcdef\nC_TOKEN=00000000-0000-0000-0000-000000000000\nD_SECRET=get it from the console\n"
            "E_PASSWORD=kiln and clay\nF_TOKEN=1234567890\nRESEND_API_KEY=re_replace_with_real_key\n",
        },
        # URLs of this machine, placeholders in URLs, ports, switches, paths, what is computed.
        {
            "app.py": APP,
            ".env.example": "DATABASE_URL=postgresql://shop:kiln4711@localhost:5432/shop\nCACHE=redis://:kiln4711@redis:6379\n"
            "REPLICA_URL=mysql://user:password@host/shop\nPORT=5432\nMAIL_USE_TLS=true\nTOKEN_FILE=/run/secrets/token\n"
            "KEY_PASSWORD=/run/secrets/k3y\nSECRET_KEY=${APP_KEY}\nMAIL_PASSWORD=$(pass shop/mail)\n"
            "SENTRY_DSN=https://replace-with-key@o0.ingest.sentry.io/0\n",
        },
        # Names about secrets, public names, names of made-up things, hashes.
        {
            "app.py": APP,
            ".env.example": "ACCESS_TOKEN_EXPIRE_MINUTES=30\nPASSWORD_MIN_LENGTH=20\nTOKEN_URL=https://id.pottery.shop/t0ken\n"
            "VITE_MAPS_API_KEY=4711a8154711\nSTRIPE_PUBLISHABLE_KEY=pk_live_4711a8154711\nFAKE_WALLET_SECRET=ToTheMoon1\n"
            "ADMIN_PASSWORD='$2b$12$kilnAndClay4711kilnAndClay'\nCOMMIT=9d5a1c07e3b8426f9d5a1c07e3b8426f9d5a1c07\n",
        },
        # A .env is where secrets belong; a file behind a line that cannot be read is not judged.
        {"app.py": APP, ".env": "SECRET_KEY=9d5a1c07e3b8426f\n"},
        {"app.py": APP, ".env.example": "A='open\nSECRET_KEY=9d5a1c07e3b8426f\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The values of each template that are no placeholders."""
        for template in project.env.templates:
            seen: set[str] = set()
            for binding in template.bindings:
                if not binding.named or binding.value is None or binding.shown in seen:
                    continue
                severity = how_secret(binding.shown, binding.value.reveal().strip())
                if severity is None:
                    continue
                seen.add(binding.shown)
                yield Issue(
                    f"{template.path} has a value for {binding.shown} that is no placeholder",
                    Location(template.path, binding.line),
                    binding.shown,
                    severity=severity,
                    fixable=not template.doubt,
                    advice=_ADVICE,
                )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The template with an empty value."""
        from flaskdoctor.fixes.envfile import blank_value

        path, key = issue.location.path, issue.anchor
        before = project.env.file(path).raw.reveal()
        summary = f"Empty the value of {key} in {path}"
        return [Edit(path, before, blank_value(before, key), secret=True, summary=summary)]
