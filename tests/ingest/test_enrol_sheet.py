"""The sheet: a page a gateway, everything on it, nothing from elsewhere, nothing that runs."""

from ingest.enrol_sheet import Slip, qr_text, sheet

SLIP = Slip("gw-1", "library", "7KQ2M4XD", 1_790_000_000, "https://e:8443", "ab" * 32)


def test_what_a_page_says() -> None:
    page = sheet([SLIP, SLIP._replace(gateway_id="gw-2")], batch="spring")
    for text in ("gw-1", "gw-2", "7KQ2-M4XD", "2026-09-21", "https://e:8443", "ab" * 32, "<svg"):
        assert text in page
    assert page.count("<section>") == page.count("<svg") == 2
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_text_stays_text() -> None:
    page = sheet([SLIP._replace(site_id="<script>")], batch='"><script>')
    assert "<script>" not in page


def test_the_qr_code_is_what_provision_takes() -> None:
    assert qr_text(SLIP) == f"lamplighter:1:7KQ2M4XD:{'ab' * 32}:https://e:8443"
