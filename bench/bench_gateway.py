"""What a gateway costs: a real process with 50 access points and 4 particle sensors.

Real Mosquitto on both sides, real ptys; access points report every 10 s, boards speak once a
second as they do, the gateway beats every 10 s. Start-up is the median of several starts, from
the call to the line that says it began. Processor time is the kernel's own, over a steady minute.
"""

import os
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

from bench.figure import Figure
from simulators.installation import Rhythm, gateway_configuration, town
from simulators.processes import COMMAND, GatewayProgram
from simulators.real_street import RealStreet
from simulators.servers import Mosquitto, free_port

FAMILY: Final = "gateway"
SEED: Final = 50
STARTS: Final = 7
SETTLE_S: Final = 25.0
STEADY_S: Final = 90.0
RHYTHM: Final = Rhythm(access_point_s=10.0, gateway_s=10.0, margin_s=0.5)
GATEWAY: Final = "gw-1"
READY: Final = b'"gateway_started"'
TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def memory_mb(pid: int) -> dict[str, float]:
    """Resident and proportional memory of a process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1_000 * 1.024 for line in lines}
    return {"rss": sizes["Rss"], "pss": sizes["Pss"]}


def start_s(config: Path) -> float:
    """From the call until it says that it started; ends it again."""
    begun_ns = time.perf_counter_ns()
    with subprocess.Popen(
        [*COMMAND, "gateway", "run", "--config", str(config)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if READY in line:
                break
        taken_s = (time.perf_counter_ns() - begun_ns) / 1e9
        process.terminate()
        process.communicate()  # its last words need somebody to read them
    assert process.returncode == 0, process.returncode
    return taken_s


def interpreter_s() -> float:
    """The same machine starting Python with nothing to do: what no program of ours can beat."""
    begun_ns = time.perf_counter_ns()
    subprocess.run([COMMAND[0], "-c", "pass"], check=True)
    return (time.perf_counter_ns() - begun_ns) / 1e9


def run() -> list[Figure]:
    """One gateway, started several times and then watched at work."""
    inventory = town(gateways=1, aps_each=50, sensors_each=4)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        city, local = stack.enter_context(Mosquitto()), stack.enter_context(Mosquitto())
        street = RealStreet(
            inventory, seed=SEED, beat_s=RHYTHM.access_point_s, directory=folder / "ports"
        )
        stack.callback(street.close)
        made = gateway_configuration(
            inventory,
            GATEWAY,
            broker=city.url,
            local=local.url,
            ports={name: str(port.path) for name, port in street.ports.items()},
            rhythm=RHYTHM,
        )
        trial = GatewayProgram(made)
        trial.directory, trial.port = folder, free_port()
        config = folder / "gateway.toml"
        config.write_text(trial.configuration(), "utf-8")
        starts_s = [start_s(config) for _ in range(STARTS)]

        gateway = stack.enter_context(GatewayProgram(made))
        street.start(local.port)
        street.walk(SETTLE_S)
        busy_s, begun_ns = cpu_s(gateway.pid), time.perf_counter_ns()
        street.walk(STEADY_S)
        busy_s = cpu_s(gateway.pid) - busy_s
        share = busy_s / ((time.perf_counter_ns() - begun_ns) / 1e9)
        memory = memory_mb(gateway.pid)
        readings = gateway.metric("lamplighter_readings_total")
    return [
        Figure(
            name="gateway.rss_mb",
            value=memory["rss"],
            unit="MB",
            better="lower",
            beside={"proportional": memory["pss"], "target": 60.0},
        ),
        Figure(
            name="gateway.cpu_pct",
            value=100 * share,
            unit="pct of a core",
            better="lower",
            beside={"target": 3.0},
        ),
        Figure(
            name="gateway.start_s",
            value=median(starts_s),
            unit="s",
            better="lower",
            beside={
                "slowest": max(starts_s),
                "bare_interpreter": median(interpreter_s() for _ in range(STARTS)),
                "target": 1.0,
            },
        ),
        Figure(
            name="gateway.readings_per_s",
            value=readings / (SETTLE_S + STEADY_S),
            unit="readings/s",
            better="higher",
        ),
    ]
