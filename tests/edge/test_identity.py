"""What a device makes of keys, certificates and jobs, and what it does not put up with."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import identity
from edge.errors import BundleForged, IdentityUnusable
from ingest import authority
from ingest.authority import Signer
from tests.ingest.enrol_world import DAY_S, NOW_S, Chance
from vocabulary.enrolment import Bundle, Job, from_text, to_text

JOB = Job(1, "gw-1", "s", "d", 1, "7KQ2M4XD", NOW_S, "https://e", "mqtts://b", "host1", "x = 1")


def city() -> tuple[Signer, Signer]:
    root = authority.new_root("town", now_s=NOW_S, entropy=Chance())
    return root, authority.new_issuing(root, "town", now_s=NOW_S, entropy=Chance())


def identity_of(root: Signer, issuing: Signer, name: str = "gw-1") -> str:
    key = identity.new_key()
    leaf = authority.sign_client(issuing, name, key.public_key(), now_s=NOW_S, entropy=Chance())
    chain = authority.pem_of(issuing.certificate) + authority.pem_of(root.certificate)
    return identity.combine(key, leaf.pem, chain)


def faults(text: str, root: Signer, name: str = "gw-1") -> list[str]:
    return list(identity.faults(text, gateway_id=name, root=root.certificate))


def test_a_good_identity_and_its_times() -> None:
    root, issuing = city()
    text = identity_of(root, issuing)
    assert faults(text, root) == []
    (own, *_) = identity.certificates(text)
    life = identity.lifetime(own)
    assert life.renew_s == life.ends_s - 181 * DAY_S // 3
    assert identity.days_left(own, NOW_S) == 180
    assert identity.days_left(own, NOW_S + 181 * DAY_S) == -1
    assert identity.certificates(identity.certificate_text(text)) == [own]


def test_every_fault_is_named() -> None:
    root, issuing = city()
    other_root, other_issuing = city()
    text = identity_of(root, issuing)
    assert "gw-2" in faults(text, root, "gw-2")[0]
    assert "not signed by this city" in faults(text, other_root)[0]
    foreign = identity_of(root, other_issuing)
    assert "not signed by this city" in faults(foreign, root)[0]
    key = identity.key_text(identity.new_key())
    assert "do not belong" in faults(key + text.split("-----END PRIVATE KEY-----\n")[1], root)[0]
    assert faults(key, root) == ["no certificate with its chain"]
    server = authority.sign_server(
        issuing, [], "gw-1", identity.new_key().public_key(), now_s=NOW_S, entropy=Chance()
    )
    chain = authority.pem_of(issuing.certificate)
    assert "the certificate is not for a client" in faults(key + server.pem + chain, root)


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    assert identity.certificates(text) == []
    with pytest.raises(IdentityUnusable):
        identity.read_key(text)
    assert identity.root_of(text) is None


def bundle() -> tuple[Bundle, str]:
    root, issuing = city()
    made = authority.sign_job(issuing, root.certificate, msgspec.json.encode(JOB))
    return made, authority.fingerprint(root.certificate)


def test_a_job_opens() -> None:
    made, fingerprint = bundle()
    assert identity.open_job(made, pinned=fingerprint) == identity.open_job(made, pinned="") == JOB


def test_a_job_that_was_changed_anywhere_does_not_open() -> None:
    made, fingerprint = bundle()
    other, _ = bundle()
    raw = from_text(made.job)
    assert raw is not None
    evil = to_text(raw.replace(b"mqtts://b", b"mqtts://x"))
    for forged in (
        msgspec.structs.replace(made, job=evil),
        msgspec.structs.replace(made, signature=other.signature),
        msgspec.structs.replace(made, issuer=other.issuer),
        msgspec.structs.replace(made, job="*"),
        msgspec.structs.replace(made, issuer="no certificate"),
        other,
    ):
        with pytest.raises(BundleForged):
            identity.open_job(forged, pinned=fingerprint)


def test_a_job_of_another_version_does_not_open() -> None:
    root, issuing = city()
    for raw in (b"{}", msgspec.json.encode(msgspec.structs.replace(JOB, version=2))):
        made = authority.sign_job(issuing, root.certificate, raw)
        with pytest.raises(BundleForged, match="version"):
            identity.open_job(made, pinned="")
