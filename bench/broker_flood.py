"""``python -m bench.broker_flood PORT``: all messages of the host's benchmark, as fast as they go.

In a process of its own and without a client library, so that the receiver is what is measured.
"""

import socket
import sys

from bench.host_messages import APS, MESSAGES, data

_CONNECT = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x00\x00\x05flood"
_DISCONNECT = b"\xe0\x00"
_CONNACK_BYTES = 4


def _remaining(size_bytes: int) -> bytes:
    made = bytearray()
    while True:
        size_bytes, low = divmod(size_bytes, 128)
        made.append(low | (128 if size_bytes else 0))
        if not size_bytes:
            return bytes(made)


def packet(topic: str, payload: bytes) -> bytes:
    """One PUBLISH at QoS 0."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + payload
    return b"\x30" + _remaining(len(body)) + body


def main(port: int) -> None:
    """Connect, send, leave."""
    packets = b"".join(packet(one.topic, one.payload) for one in data(APS + MESSAGES)[APS:])
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(_CONNECT)
        answer = line.recv(_CONNACK_BYTES)
        assert answer == b"\x20\x02\x00\x00", answer
        line.sendall(packets + _DISCONNECT)
        line.shutdown(socket.SHUT_WR)
        while line.recv(1 << 16):
            pass


if __name__ == "__main__":
    main(int(sys.argv[1]))
