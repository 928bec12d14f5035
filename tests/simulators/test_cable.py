"""The cable breaks exactly what it says it broke."""

from hypothesis import given
from hypothesis import strategies as st

from simulators.cable import TOUCHED_MAX, Cable, Faults

WIRE = bytes(range(256)) * 20
seeds = st.integers(0, 2**32)
likelihoods = st.floats(0, 0.2)


@given(st.binary(max_size=500), seeds, st.integers(1, 99))
def test_a_good_cable_only_cuts_into_chunks(wire: bytes, seed: int, chunk_bytes_max: int) -> None:
    cable = Cable(seed, chunk_bytes_max=chunk_bytes_max)
    chunks = cable.carry(wire)
    assert b"".join(chunks) == wire
    assert all(1 <= len(chunk) <= chunk_bytes_max for chunk in chunks)
    assert cable.truth.harmless
    assert cable.truth.carried_bytes == len(wire)
    assert not cable.touched_ix


@given(seeds, likelihoods, likelihoods, likelihoods, likelihoods, st.floats(0, 0.01))
def test_the_account_is_exact(
    seed: int, flip: float, drop: float, double: float, garbage: float, cut: float
) -> None:
    cable = Cable(seed, faults=Faults(flip, drop, double, garbage, cut))
    arrived = b"".join(cable.carry(WIRE))
    truth = cable.truth
    lost_bytes = truth.dropped_bytes + truth.cut_bytes
    assert len(arrived) == len(WIRE) - lost_bytes + truth.doubled_bytes + truth.garbage_bytes
    assert truth.harmless == (arrived == WIRE)
    assert (len(cable.touched_ix) == 0) == truth.harmless


@given(seeds)
def test_flips_are_told_with_their_place(seed: int) -> None:
    cable = Cable(seed, faults=Faults(flip=0.01))
    arrived = b"".join(cable.carry(WIRE[:100])) + b"".join(cable.carry(WIRE[100:]))
    wrong = [ix for ix, (one, other) in enumerate(zip(WIRE, arrived, strict=True)) if one != other]
    assert wrong == list(cable.touched_ix)
    assert len(wrong) == cable.truth.flipped_bits


@given(seeds)
def test_the_same_seed_breaks_the_same(seed: int) -> None:
    faults = Faults(0.1, 0.1, 0.1, 0.1, 0.01)
    one, other = Cable(seed, faults=faults), Cable(seed, faults=faults)
    assert one.carry(WIRE) == other.carry(WIRE)
    assert repr(one) == repr(other)
    assert f"seed={seed}" in repr(one)


def test_a_pulled_plug_lets_nothing_through() -> None:
    cable = Cable(1)
    cable.pull()
    cable.pull()
    assert cable.carry(b"unheard") == []
    cable.plug()
    assert b"".join(cable.carry(b"heard")) == b"heard"
    assert (cable.truth.cuts, cable.truth.cut_bytes) == (1, 7)
    assert list(cable.touched_ix) == list(range(7))


def test_a_cut_ends_by_itself() -> None:
    cable = Cable(3, faults=Faults(cut=0.001, cut_bytes_max=50))
    arrived = b"".join(cable.carry(WIRE))
    truth = cable.truth
    assert 0 < truth.cuts <= truth.cut_bytes <= 50 * truth.cuts
    assert len(arrived) == len(WIRE) - truth.cut_bytes


def test_what_it_remembers_is_bounded() -> None:
    cable = Cable(1, faults=Faults(drop=1.0))
    cable.carry(bytes(TOUCHED_MAX + 10))
    assert len(cable.touched_ix) == TOUCHED_MAX
    assert cable.truth.dropped_bytes == TOUCHED_MAX + 10
