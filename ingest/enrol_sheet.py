"""The printable sheet of a batch: for each gateway its code, and all of it as a QR code.

One page a gateway, so that a page can be torn off and leave with the board. It holds codes:
print it, then delete the file.
"""

import html
import io
from collections.abc import Sequence
from typing import Final, NamedTuple

import segno

from vocabulary.enrolment import shown_code
from vocabulary.event_log import rfc3339
from vocabulary.units import NS_PER_S

_STYLE: Final = (
    "body{font:16px sans-serif;margin:2em}"
    "section{page-break-after:always;border:1px solid #000;padding:1.5em;margin-bottom:2em}"
    "h2{font-size:28px;margin:0}code{font-size:34px;letter-spacing:.1em}"
    "dt{font-weight:bold}dd{margin:0 0 .6em 0;overflow-wrap:anywhere}"
)


class Slip(NamedTuple):
    """What one page says."""

    gateway_id: str
    site_id: str
    code: str
    expires_s: int
    enrol_url: str
    fingerprint: str


def qr_text(slip: Slip) -> str:
    """What the QR code holds, as ``provision --code`` takes it."""
    return f"lamplighter:1:{slip.code}:{slip.fingerprint}:{slip.enrol_url}"


def _qr(text: str) -> str:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", scale=4, xmldecl=False, svgns=True, title="QR code for this gateway"
    )
    return out.getvalue().decode()


def _page(slip: Slip) -> str:
    rows = {
        "Site": slip.site_id,
        "Good until": rfc3339(slip.expires_s * NS_PER_S),
        "Enrolment": slip.enrol_url,
        "Authority": slip.fingerprint,
    }
    words = "".join(f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in rows.items())
    return (
        f"<section><h2>{html.escape(slip.gateway_id)}</h2>"
        f"<p><code>{html.escape(shown_code(slip.code))}</code></p>"
        f"{_qr(qr_text(slip))}<dl>{words}</dl>"
        "<p>On the gateway: <b>sudo lamplighter gateway provision --code "
        f"{html.escape(shown_code(slip.code))}</b></p></section>\n"
    )


def sheet(slips: Sequence[Slip], *, batch: str) -> str:
    """The whole sheet as one HTML file without anything from elsewhere."""
    title = f"Gateways, batch {html.escape(batch)}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>\n"
        + "".join(map(_page, slips))
        + "</body></html>\n"
    )
