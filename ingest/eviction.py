"""Puts a retired gateway out of the broker at once: a revocation list alone lets it stay.

A broker looks at a certificate when a connection begins. But it also holds one connection for each
name, and ends the older one when another begins. So the authority signs itself a certificate of the
retired name that lives for minutes, connects with it once, and leaves; the gateway cannot follow,
since its own certificate is on the list by then.
"""

import secrets
import ssl
import tempfile
import threading
from pathlib import Path
from typing import Final

from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest import authority
from ingest.authority import Signer
from ingest.authority_files import SECRET_MODE, key_pem, write
from ingest.configuration import Address

ANSWER_S_MAX: Final = 10.0
LIFE_DAYS: Final = 1


def put_out(place: Address, gateway_id: str, issuing: Signer, chain: str, *, now_s: int) -> str:
    """Take the gateway's place at the broker for a moment; gives what went wrong, or nothing."""
    key = authority.new_key()
    leaf = authority.sign_client(
        issuing,
        gateway_id,
        key.public_key(),
        now_s=now_s,
        entropy=secrets.token_bytes,
        days=LIFE_DAYS,
    )
    context = ssl.create_default_context(cadata=chain)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with tempfile.TemporaryDirectory(prefix="lamplighter-") as directory:
        path = Path(directory) / "identity.pem"
        write(path, key_pem(key) + (leaf.pem + chain).encode(), SECRET_MODE)
        context.load_cert_chain(path)
    return _visit(place, gateway_id, context)


def _visit(place: Address, gateway_id: str, context: ssl.SSLContext) -> str:
    answered = threading.Event()
    said: list[str] = []

    def on_connect(
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        said.append(str(reason) if reason.is_failure else "")
        answered.set()

    client = Client(CallbackAPIVersion.VERSION2, client_id=gateway_id, reconnect_on_failure=False)
    client.tls_set_context(context)
    client.on_connect = on_connect
    try:
        client.connect(place.host, place.port)
    except OSError as error:
        return f"{place.host}:{place.port}: {error.strerror or error}"
    client.loop_start()
    answered.wait(ANSWER_S_MAX)
    client.disconnect()
    client.loop_stop()
    return (
        said[0] if said else f"{place.host}:{place.port} did not answer within {ANSWER_S_MAX:g} s"
    )
