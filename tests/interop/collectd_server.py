"""Debian's collectd for as long as a ``with`` block lasts: it publishes to a broker on loopback.

Its interface plugin reads this machine's counters. A test machine has no wireless device, so the
wireless readings are handed to its unixsock plugin under the names its wireless plugin uses; from
there on they are collectd's own: its cache, its mqtt plugin, its bytes.
"""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from simulators.servers import LOOPBACK, Mosquitto, Server

INTERVAL_S: Final = 0.5
ANSWER_BYTES_MAX: Final = 1_024
_CONF: Final = """
Hostname "{host}"
FQDNLookup false
BaseDir "{directory}"
PIDFile "{directory}/pid"
TypesDB "/usr/share/collectd/types.db"
Interval {interval_s}
LoadPlugin interface
<Plugin interface>
    Interface "lo"
</Plugin>
LoadPlugin unixsock
<Plugin unixsock>
    SocketFile "{directory}/socket"
</Plugin>
LoadPlugin mqtt
<Plugin mqtt>
    <Publish "gateway">
        Host "{loopback}"
        Port {broker_port}
        ClientId "collectd-{host}"
        Prefix "{prefix}"
        StoreRates {store_rates}
    </Publish>
</Plugin>
"""


class Collectd(Server):
    """One access point's collectd. ``store_rates`` true is its default, and the trap."""

    program = "collectd"

    def __init__(self, broker: Mosquitto, host: str, prefix: str, *, store_rates: bool) -> None:
        super().__init__()
        self._broker, self._host, self._prefix = broker, host, prefix
        self._store_rates = store_rates

    @property
    def _socket_path(self) -> Path:
        return self.directory / "socket"

    def command(self, program: str) -> Sequence[str]:
        """Write the configuration and say what to execute."""
        path = self.directory / "collectd.conf"
        text = _CONF.format(
            host=self._host,
            directory=self.directory,
            interval_s=INTERVAL_S,
            loopback=LOOPBACK,
            broker_port=self._broker.port,
            prefix=self._prefix,
            store_rates=str(self._store_rates).lower(),
        )
        path.write_text(text, encoding="utf-8")
        return [program, "-f", "-C", str(path)]

    def ready(self) -> bool:
        """It takes values."""
        return self._socket_path.exists()

    def put(self, place: str, values: str) -> None:
        """Hand it values as one of its own plugins would; ``place`` is PLUGIN/TYPE."""
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(self._socket_path))
            link.sendall(f'PUTVAL "{self._host}/{place}" interval=1 N:{values}\n'.encode())
            answer = link.recv(ANSWER_BYTES_MAX)
        assert answer.startswith(b"0 Success"), answer
