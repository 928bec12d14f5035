"""The demo's page, asked as a browser would."""

import http.client
import json

from simulators.demo_page import DemoPage
from tests.simulators.demo_examples import row, view


def asked(page: DemoPage, path: str, method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_the_table_and_the_plot_are_served() -> None:
    page = DemoPage(0)
    page.start()
    try:
        assert "Starting" in asked(page, "/")[1]
        page.show(view(row("ap-1", "up")))
        page.show(view(row("ap-1", "down", "feeder")))
        html = asked(page, "/")[1]
        shown = json.loads(asked(page, "/view.json")[1])
    finally:
        page.stop()
    assert "<polyline" in html
    assert "✕ DOWN" in html
    assert "Exercise: nothing here is real." in html
    assert 'scope="col"' in html
    assert shown["rows"][0]["cause"] == "feeder"


def test_it_only_reads() -> None:
    page = DemoPage(0)
    page.start()
    try:
        assert asked(page, "/", method="POST")[0] == 405
    finally:
        page.stop()


def test_a_name_with_markup_in_it_stays_text() -> None:
    page = DemoPage(0)
    page.start()
    page.show(view(row("<b>ap</b>", "up")))
    html = page.html()
    page.stop()
    assert "&lt;b&gt;ap" in html
