"""What the authority signs: names of its own giving, dates with a margin, usages that exclude."""

import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from edge import identity
from ingest import authority
from ingest.authority import Signer
from tests.ingest.enrol_world import DAY_S, NOW_S, Chance


def made() -> tuple[Signer, Signer]:
    root = authority.new_root("town", now_s=NOW_S, entropy=Chance())
    return root, authority.new_issuing(root, "town", now_s=NOW_S, entropy=Chance())


def loaded(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def test_a_leaf_bears_our_name_and_our_dates() -> None:
    _root, issuing = made()
    key = authority.new_key().public_key()
    leaf = authority.sign_client(issuing, "gw-1", key, now_s=NOW_S, entropy=os.urandom)
    found = loaded(leaf.pem)
    assert authority.common_name(found) == "gw-1"
    life = identity.lifetime(found)
    assert life.begins_s == NOW_S - DAY_S
    assert life.ends_s == NOW_S + 180 * DAY_S == leaf.not_after_s
    assert found.serial_number.bit_length() == 127
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [one.dotted_string for one in usage] == ["1.3.6.1.5.5.7.3.2"]
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_issuing_key_makes_no_authority_below_it() -> None:
    root, issuing = made()
    limits = issuing.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    issuing.certificate.verify_directly_issued_by(root.certificate)


def test_serials_do_not_repeat() -> None:
    _root, issuing = made()
    key = authority.new_key().public_key()
    serials = {
        authority.sign_client(issuing, "gw", key, now_s=NOW_S, entropy=os.urandom).serial
        for _ in range(20)
    }
    assert len(serials) == 20


def test_a_request_must_prove_itself_and_be_of_our_kind() -> None:
    good = identity.request(identity.new_key())
    assert authority.requested_key(good) is not None
    swapped = good.replace("A", "B", 3)
    assert authority.requested_key(swapped) is None
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    for key in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        made_of = x509.CertificateSigningRequestBuilder().subject_name(name)
        pem = made_of.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        assert authority.requested_key(pem.decode()) is None
    assert authority.requested_key("") is None


def test_a_foreign_signature_is_no_signature() -> None:
    _root, issuing = made()
    _other, foreign = made()
    key = authority.new_key().public_key()
    leaf = authority.sign_client(foreign, "gw-1", key, now_s=NOW_S, entropy=os.urandom)
    assert authority.issued_by(leaf.pem, issuing.certificate) is None
    assert authority.issued_by("x", issuing.certificate) is None
    assert not authority.signature_fits(key, b"", b"")
    assert not authority.signature_fits("no key", b"", b"")


def test_the_revocation_list_holds_what_was_revoked() -> None:
    _root, issuing = made()
    pem = authority.revocation_list(issuing, [("0a" * 16, NOW_S)], now_s=NOW_S)
    crl = x509.load_pem_x509_crl(pem.encode())
    assert [row.serial_number for row in crl] == [int("0a" * 16, 16)]
    key = issuing.certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert crl.is_signature_valid(key)
