"""FD816: a security header whose value gives away what the header is for."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Answer, Observation, State
from flaskdoctor.project.known import Known
from flaskdoctor.rules.policies import csp_policies, frames_restricted, hsts_age, referrer_policy
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, api, page, site
from flaskdoctor.visible import shortened

_HALF_A_YEAR = 15_552_000  # seconds, 180 days; what the Observatory asks for at least
_BROAD = frozenset(("*", "http:", "https:", "data:", "blob:", "filesystem:", "ws:", "wss:", "http://*", "https://*"))
_LEAKING = frozenset(("unsafe-url", "no-referrer-when-downgrade"))

Weakness = tuple[str, str, str]  # the header, what is wrong with its value, what to send


class WeakHeader(LiveRule):
    """A security header is sent, with a value that switches its protection off or that browsers ignore.

    ## What it finds

    | header | value |
    |---|---|
    | Content-Security-Policy | scripts from `'unsafe-inline'` with no nonce, `'unsafe-eval'`, `*`, `https:`, `data:` |
    | | neither `default-src` nor `script-src` |
    | Strict-Transport-Security | `max-age` of less than half a year, of 0, or none at all |
    | X-Frame-Options | `ALLOW-FROM ..`, `ALLOWALL`, two that differ: ignored (unless `frame-ancestors` is there) |
    | X-Content-Type-Options | anything but `nosniff` |
    | Referrer-Policy | `unsafe-url`, `no-referrer-when-downgrade`, words that browsers do not know |
    | Permissions-Policy | the old header's form (`camera 'none'`): the line is dropped |

    On your own machine it is information; in production a warning. Strict-Transport-Security is judged over https and
    in production only.

    ## Why it matters

    It looks done. A scanner that asks whether the header is there says yes, while a policy with `'unsafe-inline'`
    lets an injected `<script>` run like any other, and `X-Frame-Options: ALLOW-FROM` is understood by no browser of
    today: Firefox dropped it in 2019, Chrome and Safari never had it.

    ## What to do instead

    - `'unsafe-inline'`: move scripts into files, or give each one a nonce that changes with every answer
      (`f"script-src 'self' 'nonce-{g.csp_nonce}'"`). With a nonce or a hash beside it `'unsafe-inline'` is ignored
      by today's browsers and may stay for old ones. For *styles* it is commonly left in, and is not reported.
    - `'unsafe-eval'`: usually a template compiler in the browser; Vue and Alpine have builds without it.
    - `*`, `https:`, `data:`: name the hosts. A CDN that serves everybody's packages is as good as `*`: prefer files
      of your own, or `'strict-dynamic'` with a nonce.
    - `frame-ancestors https://partner.example` in the policy is what `ALLOW-FROM` wanted to be.
    - Two hooks that both set a header (an extension and your own) send it twice: use
      `response.headers.setdefault(..)`.

    ## References

    - [MDN: script-src](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/script-src)
    - [Google: CSP evaluator](https://csp-evaluator.withgoogle.com/)
    - [MDN: X-Frame-Options](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Frame-Options)
    - [HSTS preload: requirements](https://hstspreload.org/)
    """

    code = "FD816"
    name = "weak-header"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=site(("Content-Security-Policy", "default-src 'self' 'unsafe-inline'"))),
        Bad(APP, served=site(("Content-Security-Policy", "script-src 'self' 'unsafe-eval'"), profile="production")),
        Bad(APP, served=site(("Content-Security-Policy", "script-src https:; object-src 'none'"))),
        Bad(APP, served=site(("Content-Security-Policy", "upgrade-insecure-requests"))),
        Bad(APP, served=site(("Strict-Transport-Security", "max-age=300"), profile="production")),
        Bad(APP, served=site(("Strict-Transport-Security", "includeSubDomains"), profile="production")),
        Bad(
            APP,
            served=site(
                ("X-Frame-Options", "ALLOW-FROM https://partner.example"),
                ("X-Content-Type-Options", "sniff"),
                ("Referrer-Policy", "unsafe-url"),
                ("Permissions-Policy", "camera 'none'; microphone 'none'"),
            ),
            hits=4,
        ),
        # An extension and a hook that contradict each other.
        Bad(APP, served=site(("X-Frame-Options", "DENY"), ("X-Frame-Options", "SAMEORIGIN"))),
        Bad(APP, served=api(("Referrer-Policy", "origin-only"), profile="production")),
    ]
    good = [
        Good(
            APP,
            served=site(
                ("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src * data:"),
                ("Strict-Transport-Security", 'max-age="63072000"; includeSubDomains; preload'),
                ("X-Frame-Options", "sameorigin"),
                ("X-Content-Type-Options", "NoSniff"),
                ("Referrer-Policy", "no-referrer, strict-origin-when-cross-origin"),
                ("Permissions-Policy", 'camera=(), geolocation=(self "https://maps.example"), fullscreen=*'),
                profile="production",
            ),
        ),
        # Beside a nonce or a hash, 'unsafe-inline' and https: are for old browsers.
        Good(
            APP,
            served=site(
                (
                    "Content-Security-Policy",
                    "script-src 'nonce-kiln4711' 'strict-dynamic' 'unsafe-inline' https:; object-src 'none'",
                ),
                profile="production",
            ),
        ),
        # A second policy that forbids what the first one allows: browsers obey both.
        Good(
            APP,
            served=site(
                ("Content-Security-Policy", "script-src *"),
                ("Content-Security-Policy", "script-src 'self'"),
                profile="production",
            ),
        ),
        # Old browsers get the old header, today's the policy.
        Good(
            APP,
            served=site(
                ("Content-Security-Policy", "default-src 'self'; frame-ancestors https://partner.example"),
                ("X-Frame-Options", "ALLOW-FROM https://partner.example"),
                profile="production",
            ),
        ),
        # The same header twice, with one word.
        Good(APP, served=site(("X-Content-Type-Options", "nosniff"), ("X-Content-Type-Options", "nosniff"))),
        # While one listens to what a policy would block, its weakness harms nobody.
        Good(APP, served=site(("Content-Security-Policy-Report-Only", "script-src * 'unsafe-inline'"))),
        # On a developer's machine nothing is said of HSTS.
        Good(APP, served=site(("Strict-Transport-Security", "max-age=0"))),
        Good(APP, served=Served({"/": page(("X-Content-Type-Options", "sniff"), status=500)}, "production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """The values of the page's headers, or of OPTIONS where no page was asked for."""
        answer = seen.answer
        if seen.state is not State.UP or answer is None:
            return
        for header, wrong, instead in _weaknesses(answer):
            now: Severity | None = Severity.INFO
            if header == "Strict-Transport-Security" and (seen.target.scheme != "https" or seen.target.loopback):
                now = None
            yield LiveIssue(f"{header} {wrong}", header, now, Severity.WARNING, advice=f"Send {instead}.")


def _weaknesses(answer: Answer) -> Iterator[Weakness]:
    policy = answer.header("Content-Security-Policy")
    if policy and (wrong := _scripts(policy)):
        yield "Content-Security-Policy", wrong, "`script-src 'self'`, with a nonce for what stands in the page"
    yield from _transport(answer.header("Strict-Transport-Security"))
    frames = _words(answer.header("X-Frame-Options"))
    if frames and not frames_restricted(policy) and (len(frames) > 1 or not frames <= {"deny", "sameorigin"}):
        both = (
            "stands there twice and differs" if len(frames) > 1 else f"has a value that browsers ignore: {_cut(frames)}"
        )
        yield "X-Frame-Options", both, "`SAMEORIGIN`, or `frame-ancestors` in the Content-Security-Policy"
    sniffing = _words(answer.header("X-Content-Type-Options"))
    if sniffing and sniffing != {"nosniff"}:
        yield "X-Content-Type-Options", f"has a value that browsers ignore: {_cut(sniffing)}", "`nosniff`"
    referrer = answer.header("Referrer-Policy")
    if referrer and referrer.strip():
        meant = referrer_policy(referrer)
        if meant is None:
            wrong = f"has a value that browsers do not know: {_cut([referrer])}"
            yield "Referrer-Policy", wrong, "`strict-origin-when-cross-origin`"
        elif meant in _LEAKING:
            wrong = f"is {meant}: other sites learn the whole address of the page"
            yield "Referrer-Policy", wrong, "`strict-origin-when-cross-origin`"
    permissions = answer.header("Permissions-Policy")
    if permissions and permissions.strip() and "=" not in permissions:
        wrong = "is written in Feature-Policy's form, which browsers drop"
        yield "Permissions-Policy", wrong, "`camera=(), microphone=()`"


def _transport(value: str | None) -> Iterator[Weakness]:
    if value is None:
        return
    age = hsts_age(value)
    if age is None:
        wrong = "has no max-age, so browsers ignore it"
    elif age == 0:
        wrong = "has a max-age of 0: browsers forget that this site wants https"
    elif age < _HALF_A_YEAR:
        wrong = f"has a max-age of {_span(age)}: less than half a year"
    else:
        return
    yield "Strict-Transport-Security", wrong, "`max-age=31536000`"


def _scripts(value: str) -> str:
    """What is wrong with a policy's word on scripts; empty where one of several policies keeps them in check."""
    found = [_loose(policy) for policy in csp_policies(value)]
    return found[0] if found and all(found) else ""


def _loose(policy: dict[str, tuple[str, ...]]) -> str:
    name = next((key for key in ("script-src", "default-src") if key in policy), None)
    if name is None:
        return "has neither default-src nor script-src: scripts are allowed from anywhere"
    sources = policy[name]
    trusted = any(source.startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for source in sources)
    if "'unsafe-inline'" in sources and not trusted:
        return f"allows 'unsafe-inline' in {name}: an injected script runs all the same"
    if "'unsafe-eval'" in sources:
        return f"allows 'unsafe-eval' in {name}: text can be run as code"
    broad = [source for source in sources if source in _BROAD]
    if broad and not (trusted and "'strict-dynamic'" in sources):
        return f"allows scripts from {broad[0]} in {name}: anybody's file will do"
    return ""


def _words(value: str | None) -> set[str]:
    return {word for part in (value or "").split(",") if (word := part.strip().lower())}


def _cut(words: set[str] | list[str]) -> str:
    return shortened(", ".join(sorted(words)), 40)


def _span(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{seconds} s"
