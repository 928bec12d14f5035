"""Chance that belongs to a name: known answers, and independence of everything else."""

import numpy as np

from simulators.chance import UNIT, draw, key_of, keys_of, stream


def test_known_answers_of_philox_4x32_10() -> None:
    nothing, all_ones = np.uint64(0), np.uint64(2**64 - 1)
    # as published with Random123, kat_vectors
    assert draw(nothing, nothing, nothing) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    assert draw(all_ones, all_ones, all_ones) == (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)
    pi = (
        np.uint64(0x299F31D0A4093822),
        np.uint64(0x85A308D3243F6A88),
        np.uint64(0x0370734413198A2E),
    )
    assert draw(*pi) == (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)


def test_a_name_has_its_own_stream() -> None:
    first = stream(1, "a", "b").random(4)
    assert np.array_equal(first, stream(1, "a", "b").random(4))
    others = [stream(2, "a", "b"), stream(1, "ab", ""), stream(1, "a", "c")]
    assert not any(np.array_equal(first, other.random(4)) for other in others)


def test_keys_are_those_of_the_names() -> None:
    assert keys_of(3, ("x", "y"), "beats").tolist() == [key_of(3, "beats", one) for one in "xy"]


def test_draws_are_even() -> None:
    key = np.uint64(key_of(5, "even"))
    drawn = np.array([draw(key, np.uint64(ix), np.uint64(0)) for ix in range(4_000)]) * UNIT
    assert np.all(np.abs(drawn.mean(axis=0) - 0.5) < 4 / np.sqrt(12 * 4_000)), "seed 5"
    assert np.all((drawn >= 0) & (drawn < 1))
