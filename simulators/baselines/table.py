"""The baselines by name, in the order of reports."""

from collections.abc import Callable
from functools import partial
from typing import Final

from simulators.baselines.akka import PhiNormal
from simulators.baselines.cassandra import PhiExponential
from simulators.baselines.chen import ChenNfdE
from simulators.baselines.kapacitor import KapacitorDeadman
from simulators.baselines.missed import Missed
from simulators.baselines.nagios import NagiosParents
from simulators.baselines.openwisp import OpenWisp
from simulators.baselines.prometheus import PrometheusUp
from simulators.baselines.yanic import Yanic
from simulators.baselines.zabbix import ZabbixNodata
from simulators.detectors import Detector, Watched

BASELINES: Final[dict[str, Callable[[Watched], Detector]]] = {
    "3-miss": partial(Missed, misses=3),
    "5-miss": partial(Missed, misses=5),
    "chen-nfd-e": ChenNfdE,
    "phi-normal": PhiNormal,
    "phi-exponential": PhiExponential,
    "zabbix-nodata": ZabbixNodata,
    "kapacitor-deadman": KapacitorDeadman,
    "prometheus-up": PrometheusUp,
    "nagios-parents": NagiosParents,
    "yanic": Yanic,
    "openwisp": OpenWisp,
}
