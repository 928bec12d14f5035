"""Tries a certificate against the broker without becoming anybody there.

The broker makes our name the client's id, so a second MQTT connection would put out the first,
which carries readings. So only the handshake is done: in TLS 1.3 a broker that refuses a client's
certificate says so right after it, and one that takes it waits for the first packet.
"""

import socket
import ssl
from typing import Final

from edge.configuration import BrokerAddress

HANDSHAKE_S_MAX: Final = 10.0
ALERT_WAIT_S: Final = 2.0


def try_identity(
    address: BrokerAddress, identity_file: str, authority_file: str, *, wait_s: float = ALERT_WAIT_S
) -> str:
    """What the broker has against this identity; empty if nothing."""
    try:
        context = ssl.create_default_context(cafile=authority_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(identity_file)
        raw = socket.create_connection((address.host, address.port), timeout=HANDSHAKE_S_MAX)
    except (OSError, ValueError) as error:
        return f"{address.host}:{address.port}: {error}"
    with raw:
        try:
            with context.wrap_socket(raw, server_hostname=address.host) as line:
                line.settimeout(wait_s)
                heard = line.recv(1)
        except TimeoutError:
            return ""
        except OSError as error:  # an alert is an ssl.SSLError
            return getattr(error, "reason", None) or str(error)
    return "" if heard else "it closed the connection after the handshake"
