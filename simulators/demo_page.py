"""The demo's read-only page on loopback: the table of the terminal, and devices over time."""

import socket
import threading
from collections import deque
from pathlib import Path
from typing import Final, NamedTuple

import jinja2
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from processing.changes import NodeState
from simulators.demo_view import WORDS, View, clock_text

HISTORY_MAX: Final = 600
WIDTH, HEIGHT, PLOT_HEIGHT = 600, 150, 140
STARTING: Final = (
    '<!doctype html><html lang="en"><meta http-equiv="refresh" content="1">'
    "<title>Lamplighter</title><p>Starting.</p></html>"
)
_LOOKS: Final = (
    ("#2a6fbb", "none"),
    ("#b8561b", "6 3"),
    ("#3f7d20", "2 3"),
    ("#7b3fa0", "8 2 2 2"),
)
_TEMPLATE: Final = Path(__file__).with_name("demo_page.html.j2")


class Line(NamedTuple):
    """One site's devices over time, ready to draw; dashes tell lines apart without colour."""

    name: str
    colour: str
    dash: str
    now: int
    points: str


class DemoPage:
    """Serves the latest view that was shown to it."""

    def __init__(self, port: int) -> None:
        environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
        self._template = environment.from_string(_TEMPLATE.read_text("utf-8"))
        self._latest: View | None = None
        self._history: deque[tuple[float, dict[str, int]]] = deque(maxlen=HISTORY_MAX)
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        app = Starlette(routes=[Route("/", self._page), Route("/view.json", self._json)])
        config = uvicorn.Config(app, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="page", daemon=True
        )

    @property
    def url(self) -> str:
        """Where to look."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()

    def show(self, view: View) -> None:
        """This is how things stand now."""
        self._latest = view
        self._history.append((view.at_s, view.devices_by_site))

    def lines(self) -> tuple[list[Line], int]:
        """What to draw, and the highest number on the drawing."""
        history = list(self._history)
        top = max((n for _at_s, sites in history for n in sites.values()), default=0) or 1
        if not history:
            return [], top
        first_s, last_s = history[0][0], history[-1][0]
        span_s = max(last_s - first_s, 1.0)
        made = []
        for ix, name in enumerate(history[-1][1]):
            points = " ".join(
                f"{(at_s - first_s) / span_s * WIDTH:.0f},"
                f"{HEIGHT - sites.get(name, 0) / top * PLOT_HEIGHT:.0f}"
                for at_s, sites in history
            )
            colour, dash = _LOOKS[ix % len(_LOOKS)]
            made.append(Line(name, colour, dash, history[-1][1][name], points))
        return made, top

    def html(self) -> str:
        """The page as it stands."""
        view = self._latest
        if view is None:
            return STARTING
        lines, top = self.lines()
        states = [row.state for row in view.rows]
        return self._template.render(
            view=view,
            lines=lines,
            top=top,
            words={state.value: word for state, word in WORDS.items()},
            dark=states.count(NodeState.DOWN.value),
            unobserved=states.count(NodeState.UNOBSERVED.value),
            clock=clock_text(view.at_s),
            end=clock_text(view.end_s),
        )

    async def _page(self, _request: Request) -> HTMLResponse:
        return HTMLResponse(self.html())

    async def _json(self, _request: Request) -> Response:
        body = msgspec.json.encode(self._latest)
        return Response(body, media_type="application/json")
