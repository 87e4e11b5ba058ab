"""The pages behind the Live tab's two rows of facts: the Observatory's grade, and what the TLS handshake told."""

from __future__ import annotations

from textual.content import Content

from flaskdoctor.observatory import ALGORITHM
from flaskdoctor.observatory.graded import Grade, Graded
from flaskdoctor.probe.observation import Tls
from flaskdoctor.tui import safe
from flaskdoctor.tui.panes.page import heading, pairs
from flaskdoctor.tui.paper import BLANK, Block, Code, Prose

_GOOD, _FAIR = 85, 50  # scores from which on a grade is an A, or at least a C


def grade_cell(graded: Graded) -> Content:
    """``F → B → A+``: as it is, after the fixes, and with the policy enforced."""
    text, last = safe.joined(_letter(graded.now)), graded.now.letter
    for grade in (graded.fixed, graded.enforced):
        if grade.letter != last:
            text, last = safe.joined(text, (" → ", ".muted"), _letter(grade)), grade.letter
    return text


def grade_page(graded: Graded, *, dense: bool) -> list[Block]:
    """The grades, what they assume, and what each of the Observatory's tests said."""
    stages = [
        ("if deployed as it is", _scored(graded.now)),
        ("after the fixes", _scored(graded.fixed)),
        ("policy enforced", _scored(graded.enforced)),
    ]
    note = safe.line(f"MDN HTTP Observatory, algorithm {ALGORITHM}", ".muted")
    blocks: list[Block] = [heading("Grade", note), *pairs(stages)]
    if graded.assumed:
        blocks.append(Prose(safe.joined(("  taken for granted: ", ".muted"), "; ".join(graded.assumed)), 4))
    air: list[Block] = [] if dense else [BLANK]
    blocks += [
        *air,
        heading("Tests", safe.line("as it is, and after the fixes; bonuses count from 90 points on", ".muted")),
    ]
    tests = zip(graded.now.results, graded.fixed.results, strict=True)
    for now, fixed in sorted(tests, key=lambda both: both[0].modifier):
        after = _points(fixed.modifier) if fixed.modifier != now.modifier else Content("    ")
        gutter = Content.assemble("  ", _points(now.modifier), " ", after, "  ")
        blocks.append(Code(gutter, safe.joined(now.test, (f"  {_said(now.test, now.result)}", ".muted"))))
    fixes = "The fixes are those of FD709 (headers that are missing) and FD705 (flags of cookies); what is weak stays."
    return [*blocks, *air, Prose(safe.line(fixes, ".muted"))]


def tls_cell(tls: Tls) -> Content:
    """``TLSv1.3  h2  until 2027-01-31``, or why it is not trusted."""
    if tls.distrust is not None:
        return safe.joined((tls.distrust.value, ".warning"), (f"  {tls.version}", ".muted"))
    until = f"until {tls.certificate.last_day}" if tls.certificate is not None else ""
    return safe.line("  ".join(part for part in (tls.version, tls.alpn, until) if part), ".muted")


def tls_page(tls: Tls, now: float) -> list[Block]:
    """What the handshake agreed on, and what the certificate says of itself."""
    trusted = safe.joined(("yes", ".ok"), ("  by this machine's authorities", ".muted"))
    if tls.distrust is not None:
        trusted = safe.joined((f"no: {tls.distrust.value}", ".error"), (f"  {tls.words}", ".muted"))
    facts = [
        ("protocol", safe.line(tls.version or "not known")),
        ("HTTP", safe.line(tls.alpn or "nothing chosen (ALPN): HTTP/1.1")),
        ("trusted", trusted),
    ]
    certificate = tls.certificate
    if certificate is not None:
        left = certificate.not_after - now
        span = f"  {left / 86_400:.0f} days left" if left > 0 else "  over"
        facts += [
            ("issued to", safe.line(certificate.subject or "nobody")),
            ("for", safe.line(", ".join(certificate.names) or "no host")),
            (
                "issued by",
                safe.line(f"{certificate.issuer or 'nobody'}{' (itself)' if certificate.own_issuer else ''}"),
            ),
            ("from", safe.line(certificate.first_day)),
            ("until", safe.joined(certificate.last_day, (span, ".muted"))),
        ]
    return [heading("TLS"), *pairs(facts)]


def _letter(grade: Grade) -> tuple[str, str]:
    return grade.letter, ".ok" if grade.score >= _GOOD else ".warning" if grade.score >= _FAIR else ".error"


def _scored(grade: Grade) -> Content:
    return safe.joined(_letter(grade), (f"  {grade.score} points", ".muted"))


def _points(modifier: int) -> Content:
    text = f"{modifier:+d}" if modifier else "0"
    return safe.line(f"{text:>4}", ".error" if modifier < 0 else ".ok" if modifier > 0 else ".faint")


def _said(test: str, result: str) -> str:
    """``not implemented`` of ``x-frame-options-not-implemented``."""
    for start in (test, *_SHORT.get(test, ())):
        result = result.removeprefix(f"{start}-")
    return result.replace("-", " ")


_SHORT = {
    "content-security-policy": ("csp",),
    "strict-transport-security": ("hsts",),
    "subresource-integrity": ("sri",),
    "cross-origin-embedder-policy": ("coep",),
    "cross-origin-opener-policy": ("coop",),
    "cross-origin-resource-policy": ("corp",),
}
