"""Attacks on the broker. Each gives its booty: empty when the door stayed shut.

The thief is a gateway of the city with a valid certificate, unless an attack says otherwise. After
each attack an honest gateway speaks; the host hears it after everything the attacker sent, so what
has not arrived by then never will.
"""

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from edge import identity
from ingest import authority
from ingest.authority import Signer
from ingest.authority_files import key_pem
from simulators.servers import LOOPBACK
from simulators.trusted_city import DISTRICT, TrustedCity
from tests.security.party import Party
from vocabulary.units import S_PER_DAY

VICTIM: Final = "gw-victim"
THIEF: Final = "gw-thief"
HONEST: Final = "gw-honest"
BASE: Final = f"spBv1.0/{DISTRICT}"


class Stage:
    """The city with its host listening and an honest gateway and the victim at work."""

    def __init__(self, city: TrustedCity) -> None:
        self.city = city
        self.ids = {
            name: city.client(name) for name in (VICTIM, THIEF, HONEST, "host1", "consumer1")
        }
        self._fence = 0

    @contextmanager
    def open(self) -> Iterator["Stage"]:
        with ExitStack() as stack:
            self.host = stack.enter_context(Party(self.city, self.ids["host1"], "host1"))
            self.honest = stack.enter_context(Party(self.city, self.ids[HONEST], HONEST))
            self.victim = stack.enter_context(Party(self.city, self.ids[VICTIM], VICTIM))
            assert self.host.welcome
            assert self.honest.welcome
            assert self.victim.welcome
            self.host.subscribe("spBv1.0/#")
            self.victim.subscribe(f"{BASE}/NCMD/{VICTIM}")
            yield self

    def settle(self) -> None:
        """Everything sent so far has been dealt with."""
        self._fence += 1
        mark = f"fence {self._fence}".encode()
        self.honest.say(f"{BASE}/NDATA/{HONEST}", mark)
        assert self.host.hears(mark), "the honest gateway is heard: else nothing is proven"

    def thief(self, **more: object) -> Party:
        return Party(self.city, self.ids[THIEF], THIEF, **more)  # type: ignore[arg-type]

    def host_heard(self, payload: bytes) -> str:
        self.settle()
        return "; ".join(topic for topic, said in self.host.heard if said == payload)


Attack = Callable[[Stage], str]
ATTACKS: Final[dict[str, Attack]] = {}


def speaks(topic: str) -> Attack:
    """Publish to a topic that is not the thief's; booty if the host or the victim hears it."""

    def attack(stage: Stage) -> str:
        lie = os.urandom(8)
        with stage.thief() as thief:
            assert thief.welcome
            thief.say(topic, lie)
        booty = stage.host_heard(lie)
        return booty or "; ".join(topic for topic, said in stage.victim.heard if said == lie)

    return attack


for _verb in ("NBIRTH", "NDATA", "NDEATH"):
    ATTACKS[f"speak as another gateway: {_verb}"] = speaks(f"{BASE}/{_verb}/{VICTIM}")
for _verb in ("DBIRTH", "DDATA", "DDEATH"):
    ATTACKS[f"speak as another's device: {_verb}"] = speaks(f"{BASE}/{_verb}/{VICTIM}/ap-1")
ATTACKS.update(
    {
        "command another gateway": speaks(f"{BASE}/NCMD/{VICTIM}"),
        "command every gateway's own topic": speaks(f"{BASE}/NCMD/{THIEF}"),
        "say that the host is offline": speaks("spBv1.0/STATE/host1"),
        "a topic with dots for the way up": speaks(f"{BASE}/NDATA/{THIEF}/../{VICTIM}"),
        "a topic below one's own": speaks(f"{BASE}/NDATA/{THIEF}/{VICTIM}"),
        "a verb in other letters": speaks(f"{BASE}/ndata/{VICTIM}"),
        "a district of more than one level": speaks(f"spBv1.0/a/b/NDATA/{THIEF}"),
        "a topic outside the namespace": speaks("spBv1.0/x"),
    }
)


def eavesdrops(*filters: str) -> Attack:
    """Subscribe to what is not the thief's; booty if anything of others' comes."""

    def attack(stage: Stage) -> str:
        secret = os.urandom(8)
        with stage.thief() as thief:
            assert thief.welcome
            thief.subscribe(*filters)
            stage.host.say(f"{BASE}/NCMD/{VICTIM}", secret)
            stage.victim.say(f"{BASE}/NDATA/{VICTIM}", secret)
            assert stage.victim.hears(secret), "the command arrives where it should"
            stage.settle()
            own = os.urandom(8)
            stage.host.say(f"{BASE}/NCMD/{THIEF}", own)  # its own, so that it has had its chance
            thief.subscribe(f"{BASE}/NCMD/{THIEF}")
            stage.host.say(f"{BASE}/NCMD/{THIEF}", own)
            assert thief.hears(own)
            return "; ".join(topic for topic, said in thief.heard if said != own)

    return attack


ATTACKS.update(
    {
        "listen to another's commands": eavesdrops(f"{BASE}/NCMD/{VICTIM}"),
        "listen to all commands": eavesdrops("spBv1.0/+/NCMD/+"),
        "listen to another's data": eavesdrops(f"{BASE}/NDATA/{VICTIM}"),
        "listen to everything": eavesdrops("#"),
        "listen to the whole namespace": eavesdrops("spBv1.0/#"),
        "listen by a shared subscription": eavesdrops("$share/x/spBv1.0/#"),
        "listen to the broker's own topics": eavesdrops("$SYS/#"),
    }
)


def forges_will(topic: str) -> Attack:
    def attack(stage: Stage) -> str:
        lie = os.urandom(8)
        with stage.thief(will=(topic, lie)) as thief:
            thief.vanish()
        return stage.host_heard(lie)

    return attack


ATTACKS.update(
    {
        "die as another gateway": forges_will(f"{BASE}/NDEATH/{VICTIM}"),
        "die as the host": forges_will("spBv1.0/STATE/host1"),
    }
)


def _steals(stage: Stage, party: Party) -> str:
    """Booty if the victim is put out, or its topics can be used."""
    lie = os.urandom(8)
    with party as thief:
        if thief.welcome:
            thief.say(f"{BASE}/NDATA/{VICTIM}", lie)
    booty = stage.host_heard(lie)
    return booty or ("the victim was put out" if stage.victim.lost.is_set() else "")


def steal_client_id(stage: Stage) -> str:
    return _steals(stage, Party(stage.city, stage.ids[THIEF], VICTIM))


def steal_user_name(stage: Stage) -> str:
    return _steals(stage, Party(stage.city, stage.ids[THIEF], VICTIM, username=VICTIM))


def consumer_commands(stage: Stage) -> str:
    lie = os.urandom(8)
    with Party(stage.city, stage.ids["consumer1"], "consumer1") as consumer:
        assert consumer.welcome
        consumer.say(f"{BASE}/NCMD/{VICTIM}", lie)
        consumer.say("spBv1.0/STATE/host1", lie)
    booty = stage.host_heard(lie)
    return booty or str([said for _topic, said in stage.victim.heard if said == lie] or "")


def great_message(stage: Stage) -> str:
    great = os.urandom(8) * 150_000
    with stage.thief() as thief:
        thief.client.publish(f"{BASE}/NDATA/{THIEF}", great, qos=0)
    return stage.host_heard(great)


ATTACKS.update(
    {
        "steal a client id": steal_client_id,
        "steal a user name": steal_user_name,
        "a reader that commands": consumer_commands,
        "a message above the limit": great_message,
    }
)


# Without the city's certificate.


def enters(stage: Stage, credentials: Path | None, context: ssl.SSLContext | None = None) -> str:
    """Booty if the broker lets it in."""
    return _steals(stage, Party(stage.city, credentials, VICTIM, context=context)) or (
        "" if not _welcome(stage, credentials, context) else "the broker let it in"
    )


def _welcome(stage: Stage, credentials: Path | None, context: ssl.SSLContext | None) -> bool:
    with Party(stage.city, credentials, "gw-unknown", context=context) as party:
        return party.welcome


def _leaf_file(stage: Stage, by: Signer, chain: str, name: str, *, now_s: int = 0) -> Path:
    key = authority.new_key()
    at_s = now_s or stage.city.clock.now_s
    leaf = authority.sign_client(by, name, key.public_key(), now_s=at_s, entropy=os.urandom)
    path = stage.city.directory / f"forged-{os.urandom(4).hex()}.pem"
    path.write_bytes(key_pem(key) + (leaf.pem + chain).encode())
    return path


def no_certificate(stage: Stage) -> str:
    return enters(stage, None)


def self_signed(stage: Stage) -> str:
    key = authority.new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, VICTIM)])
    at = authority.moment(stage.city.clock.now_s)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at - authority.BACK_DATED)
        .not_valid_after(at + authority.BACK_DATED)
        .sign(key, hashes.SHA256())
    )
    path = stage.city.directory / "self-signed.pem"
    path.write_bytes(key_pem(key) + authority.pem_of(made).encode())
    return enters(stage, path)


def foreign_authority(stage: Stage) -> str:
    now_s = stage.city.clock.now_s
    root = authority.new_root("town", now_s=now_s, entropy=os.urandom)
    issuing = authority.new_issuing(root, "town", now_s=now_s, entropy=os.urandom)
    chain = authority.pem_of(issuing.certificate) + authority.pem_of(root.certificate)
    return enters(stage, _leaf_file(stage, issuing, chain, VICTIM))


def expired(stage: Stage) -> str:
    return enters(stage, _aged(stage, -400))


def not_yet_valid(stage: Stage) -> str:
    return enters(stage, _aged(stage, 400))


def _aged(stage: Stage, days: int) -> Path:
    files = stage.city.files
    at_s = stage.city.clock.now_s + days * S_PER_DAY
    return _leaf_file(stage, files.issuing(), files.chain(), VICTIM, now_s=at_s)


def leaf_as_authority(stage: Stage) -> str:
    """The thief signs a certificate for the victim with its own key."""
    text = stage.ids[THIEF].read_text("utf-8")
    own = identity.certificates(text)[0]
    signer = Signer(own, identity.read_key(text))
    chain = authority.pem_of(own) + stage.city.files.chain()
    return enters(stage, _leaf_file(stage, signer, chain, VICTIM))


def server_as_client(stage: Stage) -> str:
    path = stage.city.server_certificate(VICTIM)
    both = path.with_suffix(".both")
    both.write_bytes(path.with_suffix(".key").read_bytes() + path.read_bytes())
    return enters(stage, both)


def downgrade(stage: Stage) -> str:
    old = stage.city.tls(stage.ids[VICTIM])
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    return enters(stage, None, old)


def plain_text(stage: Stage) -> str:
    with Party(stage.city, None, VICTIM, plain=True) as party:
        return "let in without TLS" if party.welcome else ""


def half_open(stage: Stage) -> str:
    """Many connections that never finish a handshake keep nobody out."""
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(socket.create_connection((LOOPBACK, stage.city.broker.port)))
        with stage.thief() as party:
            return "" if party.welcome else "an honest client was kept out"


ATTACKS.update(
    {
        "no certificate": no_certificate,
        "a certificate of one's own making": self_signed,
        "a certificate of another authority of the same name": foreign_authority,
        "an expired certificate": expired,
        "a certificate of the future": not_yet_valid,
        "a gateway's certificate as an authority": leaf_as_authority,
        "a server's certificate as a client's": server_as_client,
        "an older TLS": downgrade,
        "no TLS at all": plain_text,
        "a hundred half-open connections": half_open,
    }
)
