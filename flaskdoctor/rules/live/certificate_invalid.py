"""FD832: browsers do not trust the certificate."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Distrust, Observation, Target, Tls
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule
from flaskdoctor.rules.served import APP, site
from flaskdoctor.visible import shortened


class CertificateInvalid(LiveRule):
    """The certificate is not trusted: it has run out, is for another host, or nobody who is known has issued it.

    ## What it finds

    The handshake fails with the authorities of this machine (the system's store, so that mkcert's and a company's own
    count), because the certificate

    - has **expired**, or does not hold yet;
    - is for **another host** than the one in the URL;
    - is **self-signed**;
    - has an **unknown issuer**: a private authority, or a chain whose middle part the server does not send.

    Then a second handshake, without verifying, reads what the certificate says; no request is sent on it. Only on
    your own machine the look goes on all the same: there any certificate but a trusted one is information, and so is
    one made by `flask run --cert adhoc` whatever the profile.

    ## Why it matters

    Visitors get a full-page warning, and those who click it away have learnt to. API clients, webhooks and `curl`
    stop at once. "Works in my browser, fails in Python" is the chain without its middle part: browsers fetch it
    themselves or remember it, `requests` and `httpx` do not.

    ## What to do instead

    | what is said | what helps |
    |---|---|
    | expired | `certbot renew`, and reload the server: the new file may lie there unread |
    | another host | one certificate for all names: `certbot -d shop.example -d www.shop.example` |
    | self-signed | a real one from Let's Encrypt or Caddy, both free; for development mkcert |
    | unknown issuer | `fullchain.pem` in place of `cert.pem`; a private authority into the system's store |

    What is served, in one line:

    ```console
    $ openssl s_client -connect shop.example:443 </dev/null | openssl x509 -noout -dates -issuer -ext subjectAltName
    ```

    For https on your own machine `mkcert 127.0.0.1` makes a certificate that your browser trusts, which `flask run
    --cert 127.0.0.1.pem --key 127.0.0.1-key.pem` takes.

    ## References

    - [Flask: flask run --cert](https://flask.palletsprojects.com/en/stable/cli/#run-the-development-server)
    - [Let's Encrypt: chains of trust](https://letsencrypt.org/certificates/)
    - [mkcert](https://github.com/FiloSottile/mkcert)
    """

    code = "FD832"
    name = "certificate-invalid"
    tip = Tip.LIVE
    severity = Severity.ERROR
    bad = [
        Bad(APP, served=site(tls="expired")),
        Bad(APP, served=site(tls="self-signed")),
        Bad(APP, served=site(tls="another host")),
        Bad(APP, served=site(tls="unknown issuer")),
        # On this machine information, in production as well: nobody deploys it.
        Bad(APP, served=site(tls="adhoc")),
    ]
    good = [
        Good(APP, served=site()),
        Good(APP, served=site(tls="trusted")),
        Good(APP, served=site(tls="a quarter left")),
        Good(APP, served=site(profile="production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """What OpenSSL says first, with what the certificate says of itself."""
        tls = seen.tls
        if tls is None or tls.distrust is None:
            return
        adhoc = tls.certificate is not None and tls.certificate.adhoc
        here = seen.target.loopback
        message = f"The certificate is not trusted: {_reason(tls, seen.target)}"
        if adhoc:
            message += ' (made by `ssl_context="adhoc"` at the server\'s start)'
        now = Severity.INFO if here else Severity.ERROR
        production = Severity.INFO if here and adhoc else Severity.ERROR
        yield LiveIssue(message, "TLS", now, production, advice=_ADVICE[tls.distrust])


def _reason(tls: Tls, target: Target) -> str:
    certificate = tls.certificate
    if tls.distrust is Distrust.SELF_SIGNED:
        return "it is self-signed"
    if certificate is None:
        return tls.words or "it cannot be read"
    if tls.distrust is Distrust.EXPIRED:
        return f"it has expired on {certificate.last_day}"
    if tls.distrust is Distrust.NOT_YET:
        return f"it holds from {certificate.first_day} on, not before"
    if tls.distrust is Distrust.OTHER_HOST:
        names = ", ".join(certificate.names[:3]) or "nobody"
        more = f" and {len(certificate.names) - 3} more" if len(certificate.names) > 3 else ""
        return f"it is for {shortened(names, 80)}{more}, not for {target.host}"
    if tls.distrust is Distrust.UNKNOWN_ISSUER:
        return f"nobody here knows its issuer {shortened(certificate.issuer, 80)}".rstrip()
    return tls.words or "it is not valid"


_ADVICE = {
    Distrust.EXPIRED: "`certbot renew`, and reload the server, which may still have the old one in memory.",
    Distrust.NOT_YET: "Look at the clock of this machine and of the one that issued it.",
    Distrust.OTHER_HOST: "One certificate with all names: `certbot -d shop.example -d www.shop.example`.",
    Distrust.SELF_SIGNED: "A certificate of Let's Encrypt; on your own machine one of mkcert.",
    Distrust.UNKNOWN_ISSUER: "Serve the whole chain (`fullchain.pem`), or add the authority to the system's store.",
    Distrust.OTHER: "`openssl s_client -connect HOST:443` says more.",
}
