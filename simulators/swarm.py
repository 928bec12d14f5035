"""One run of the swarm from its seed to its verdict."""

import tempfile
import traceback
from pathlib import Path
from typing import Final

import msgspec

from simulators.clock import EPOCH_NS
from simulators.swarm_faults import Faults
from simulators.swarm_invariants import Invariant, Violation
from simulators.swarm_plan import FaultKind, draw
from simulators.swarm_truth import Fates
from simulators.swarm_world import SwarmWorld
from vocabulary.units import NS_PER_S

DRAIN_S_MAX: Final = 3_600.0
"""So long after everything was healed the last record must have reached its end."""
SLICE_S: Final = 5.0
SHM: Final = Path("/dev/shm")  # noqa: S108 - a ledger in memory; the directory in it is our own


class Outcome(msgspec.Struct, frozen=True):
    """What one seed gave. ``digest`` is equal for equal runs, event by event."""

    seed: int
    invariant: str
    what: str
    digest: str
    events: int
    simulated_s: float
    generated: int
    stored: int
    kinds: tuple[FaultKind, ...]
    log: tuple[str, ...] = ()
    fates: dict[str, Fates] = {}

    @property
    def is_sound(self) -> bool:
        """Whether every invariant held."""
        return not self.invariant


def drain(world: SwarmWorld) -> dict[str, Fates]:
    """Heal, let everything arrive, and account for every record made until now."""
    Faults(world).heal()
    world.hush()
    healed_ns = world.clock.now_ns()
    for _ in range(round(DRAIN_S_MAX / SLICE_S)):
        world.run_for(SLICE_S)
        if not world.truth.open_records(healed_ns):
            break
    return world.truth.close(healed_ns)  # it names what is left, if anything is


def _drive(world: SwarmWorld) -> dict[str, Fates]:
    world.begin()
    Faults(world).arrange()
    world.run_for(world.plan.fault_s)
    return drain(world)


def run(seed: int, minutes: float | None = None) -> Outcome:
    """The world of ``seed``, from its first moment to its verdict."""
    plan = draw(seed, minutes)
    root = SHM if SHM.is_dir() else None
    invariant = what = ""
    fates: dict[str, Fates] = {}
    with tempfile.TemporaryDirectory(prefix="lamplighter-swarm-", dir=root) as directory:
        world = SwarmWorld(plan, Path(directory) / "ledger.sqlite")
        try:
            fates = _drive(world)
        except Violation as found:
            invariant, what = str(found.invariant), found.what
        except Exception as error:  # noqa: BLE001 - that there is none is what is tested
            invariant = str(Invariant.NO_ERROR)
            what = "".join(traceback.format_exception(error)[-4:])
        finally:
            world.close()
    log = world.stage.log
    return Outcome(
        seed=seed,
        invariant=invariant,
        what=what,
        digest=f"{log.digest:08x}",
        events=log.events,
        simulated_s=(world.clock.now_ns() - EPOCH_NS) / NS_PER_S,
        generated=sum(len(one.records) for one in world.truth.gateways.values()),
        stored=sum(one.stored for one in fates.values()),
        kinds=tuple(sorted(plan.kinds)),
        log=tuple(log.lines) if invariant else (),
        fates=fates,
    )
