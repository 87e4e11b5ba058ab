"""FD831: the certificate runs out, and nobody has renewed it."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule
from flaskdoctor.rules.served import APP, site

_DAY = 86_400


class CertificateExpiring(LiveRule):
    """The certificate runs out soon: by now it should have been renewed.

    ## What it finds

    A certificate with less than a third of its lifetime left: a warning. With less than a tenth: an error. One that
    has run out is FD832's, and so is one that is not trusted for another reason.

    The share counts and not a number of days, for lifetimes are shrinking: Let's Encrypt goes from 90 days to 45 (and
    offers six), and from 2029 on no public authority issues for more than 47. Thirty days would be too late for one
    and always for another.

    ## Why it matters

    certbot, Caddy and lego renew when a third is left. A certificate that is older than that was *not* renewed: the
    timer does not run, port 80 was closed, the DNS token was changed, the new one lies on the disk and nginx was never
    reloaded. On the last day every visitor gets a full-page warning, every API client an exception, and with HSTS
    nobody can click it away.

    ## What to do instead

    See why it was not renewed, while there is time:

    ```console
    $ systemctl list-timers 'certbot*'
    $ certbot renew --dry-run
    $ nginx -s reload                     # the file may be new, and the process older
    ```

    Have the server reloaded whenever there is a new one, and be told when there is not: run this check every day
    against the live address.

    ```console
    $ certbot renew --deploy-hook "systemctl reload nginx"
    $ flaskdoctor --check --url https://shop.example --profile production --select FD831,FD832
    ```

    ## References

    - [Let's Encrypt: from 90 days to 45](https://letsencrypt.org/2025/12/02/from-90-to-45)
    - [certbot: renewing certificates](https://eff-certbot.readthedocs.io/en/stable/using.html#renewing-certificates)
    """

    code = "FD831"
    name = "certificate-expiring"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=site(tls="a quarter left")),
        Bad(APP, served=site(tls="a twentieth left")),
    ]
    good = [
        Good(APP, served=site()),
        Good(APP, served=site(tls="trusted")),
        # Told by FD832, once.
        Good(APP, served=site(tls="expired")),
        Good(APP, served=site(tls="self-signed")),
        Good(APP, served=site(tls="adhoc")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """What is left of a trusted certificate."""
        if seen.tls is None or seen.tls.distrust is not None or seen.tls.certificate is None:
            return
        certificate = seen.tls.certificate
        left = certificate.not_after - seen.when
        if left * 3 >= certificate.lifetime:
            return
        severity = Severity.ERROR if left * 10 < certificate.lifetime else Severity.WARNING
        spans = f"{_span(left)} of its {_span(certificate.lifetime)} are left"
        message = f"The certificate runs out on {certificate.last_day}: {spans}"
        now = Severity.INFO if seen.target.loopback else severity
        yield LiveIssue(message, "TLS", now, severity, advice="`certbot renew --dry-run` says what keeps it.")


def _span(seconds: float) -> str:
    """``12 days``, ``1 day``, ``5 hours``"""
    size, word = (_DAY, "day") if seconds >= _DAY else (3600, "hour")
    count = max(0, int(seconds // size))
    return f"{count} {word}{'' if count == 1 else 's'}"
