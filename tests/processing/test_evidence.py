"""Every ground of evidence has words in the explanation, or is told by its own name."""

import pytest

from processing.evidence import Ground, Line
from processing.explain import explained
from processing.incidents import Incident
from processing.intervals import Cause, Level

ROW = Incident("i", 1, Level.AP, "a", Cause.ACCESS_POINT, 0, None, 1, ("a",))


@pytest.mark.parametrize("ground", list(Ground))
def test_no_ground_is_left_without_words(ground: Ground) -> None:
    text = "\n".join(explained([ROW], [Line("i", 1, Level.AP, "a", ground, 2, 3, 1.0, 2.0, 2.5)]))
    assert "a" in text
    if ground is Ground.SUPPRESSED:
        assert "suppressed 1" in text
    else:
        assert "ap a:" in text
