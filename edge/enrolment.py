"""Enrolment and renewal as the device does them: each step may be cut off and begun again.

The key is on the card before it asks, so an answer that was lost is the same answer the next
time. A renewed certificate is kept beside the old one, tried, and then takes its place in one
rename; the connection that carries readings is never touched.
"""

from collections.abc import Callable

import msgspec
from cryptography import x509

from edge import identity
from edge.enrol_client import EnrolClient
from edge.errors import AuthorityRefused, IdentityUnusable
from edge.identity_store import IdentityStore, Placed
from vocabulary.enrolment import (
    ENROL,
    READBACK,
    RENEW,
    Enrolled,
    EnrolRequest,
    ReadBack,
    SignedRequest,
)

Tried = Callable[[str], str]
"""Tries an identity's file against the broker; gives what went wrong, empty if nothing did."""


def trust(client_of: Callable[[str], EnrolClient], store: IdentityStore, pinned: str) -> str:
    """The chain to trust: the one we have, or the one whose fingerprint we were given.

    Raises:
        AuthorityRefused, AuthorityAway: see ``enrol_client.py``.
    """
    chain = store.authority()
    root = identity.root_of(chain) if chain else None
    if root is not None and pinned in ("", identity.fingerprint(root)):
        return chain
    if not pinned:
        raise AuthorityRefused(
            *("E-ENR-03", "no fingerprint of the city's authority", "one from image, sheet or job"),
            "Name it with --ca-fingerprint, or scan the sheet's QR code.",
        )
    if root is not None:
        raise AuthorityRefused(
            *("E-ENR-03", f"this image trusts {identity.fingerprint(root)}", pinned),
            "The sheet is of another city, or was exchanged: call operations.",
        )
    chain = client_of("").fetch_authority(pinned)
    store.keep_authority(chain)
    return chain


def enrol(client: EnrolClient, store: IdentityStore, code: str, board: str) -> Placed:
    """Show a code and our key; keep what comes back.

    Raises:
        AuthorityRefused, AuthorityAway, IdentityUnusable: nothing was changed.
    """
    key = store.pending_key()
    body = msgspec.json.encode(EnrolRequest(code, identity.request(key), board))
    made = client.post(ENROL, body, Enrolled)
    text = identity.combine(key, made.certificate, made.authority)
    check(text, made.gateway_id, _root(store))
    placed = Placed(
        made.gateway_id,
        made.site_id,
        made.district,
        made.generation,
        made.host_id,
        made.broker,
        client.url,
    )
    store.keep_enrolled(text, placed)
    return placed


def _root(store: IdentityStore) -> x509.Certificate:
    root = identity.root_of(store.authority())
    if root is None:
        what = f"{store.authority_path} holds no root certificate"
        raise IdentityUnusable(what)
    return root


def check(text: str, gateway_id: str, root: x509.Certificate) -> None:
    """Raise ``IdentityUnusable`` with everything that is wrong with an identity."""
    found = list(identity.faults(text, gateway_id=gateway_id, root=root))
    if found:
        raise IdentityUnusable("; ".join(found))


def _signed(
    client: EnrolClient,
    store: IdentityStore,
    path: str,
    board: str,
    *,
    csr: str = "",
    marker: str = "",
) -> bytes:
    text, nonce = store.identity(), client.nonce()
    own = identity.certificates(text)
    if not own:
        what = "no certificate in it"
        raise IdentityUnusable(what)
    signature = identity.sign(
        identity.read_key(text), path, identity.name_of(own[0]), nonce, csr, marker, board
    )
    certificate = identity.certificate_text(text)
    return msgspec.json.encode(SignedRequest(certificate, nonce, signature, csr, marker, board))


def renewal_due(store: IdentityStore, now_s: int) -> bool:
    """Whether no more than a third of the certificate's life is left, or less than none."""
    own = identity.certificates(store.identity())
    return not own or now_s >= identity.lifetime(own[0]).renew_s


def renew(client: EnrolClient, store: IdentityStore, board: str, tried: Tried) -> None:
    """A new key and certificate, tried before they are used.

    Raises:
        AuthorityRefused, AuthorityAway, IdentityUnusable: the old identity goes on.
    """
    placed = store.placed()
    if placed is None:
        what = "not enrolled yet"
        raise IdentityUnusable(what)
    key = store.pending_key()
    csr = identity.request(key)
    made = client.post(RENEW, _signed(client, store, RENEW, board, csr=csr), Enrolled)
    text = identity.combine(key, made.certificate, made.authority)
    check(text, placed.gateway_id, _root(store))
    store.keep_new(text)
    fault = tried(str(store.new_path))
    if fault:
        what = f"the renewed certificate is kept aside, the broker says: {fault}"
        raise IdentityUnusable(what)
    store.swap()


def ask_back(client: EnrolClient, store: IdentityStore, board: str, marker: str) -> ReadBack:
    """Ask the host for one point of ours from its database, at or after ``marker``."""
    body = _signed(client, store, READBACK, board, marker=marker)
    return client.post(READBACK, body, ReadBack)
