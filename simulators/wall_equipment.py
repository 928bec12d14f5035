"""Lines on gateways, the host itself, checks, and raw usage of the month."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from simulators.chance import stream
from simulators.wall_month import DAY_MS, Fields, Month
from simulators.wall_story import HOUR_MS
from vocabulary import line_protocol
from vocabulary.line_protocol import render
from vocabulary.units import NS_PER_MS

MINUTE_MS: Final = 60_000
STAGES: Final = (2, 3, 5, 7)


class EquipmentLines:
    """Gateways, host, checks, raw usage."""

    def __init__(self, month: Month) -> None:
        self._month = month

    def gateways(self) -> Iterator[str]:
        """Vitals by hour, facts by day, accounts by hour."""
        story = self._month.story
        zeros = np.zeros(story.hours, dtype=np.int64)
        for row in self._month.inventory.gateway:
            tags = self._month.tags.gateway(row.gateway_id)
            rng = stream(story.seed, "wall-gateway", row.gateway_id)
            silent = story.hourly_ms(story.truth.own_down(row.gateway_id))
            cut = story.hourly_ms(story.truth.unobservable(row.gateway_id))
            offset = rng.normal(0.0, 2.0, story.hours).round(3)
            backlog = 40 + cut // 200
            yield from self._month.series(
                "gateway_hour",
                tags,
                {
                    "backlog_records_max": backlog,
                    "oldest_age_max_s": 2 + cut // 1_000,
                    "dropped_records": zeros,
                    "unsynced_ms": zeros,
                    "sd_written_bytes": zeros + 3_000_000,
                    "crc_errors": rng.poisson(0.2, story.hours).astype(np.int64),
                    "on_battery_ms": zeros,
                    "silent_ms": silent,
                },
            )
            for ix, at_ms in enumerate(self._month.hours_ms):
                heat = 42.0 + 8.0 * float(np.sin(ix / 24 * 2 * np.pi))
                warm: Fields = {"clock_offset_max_ms": float(offset[ix]), "temperature_max_c": heat}
                yield render("gateway_hour", tags, warm, at_ms)
                count = 360 * (ix + 1)
                account: Fields = {"expected": count, "received": count, "late": int(cut[ix] > 0)}
                account |= {"duplicate": 0, "quarantined": 0, "lost": 0, "skipped": 0, "shed": 0}
                yield render("completeness", tags, account, at_ms)
            for day in range(story.days):
                facts: Fields = {
                    "agent_version": "0.1.0",
                    "doctor_worst": "",
                    "doctor_findings": 0,
                    "card_used_pct": 1.0 + 0.1 * day,
                    "certificate_left_d": 300.0 - day,
                }
                yield render("gateway_facts", tags, facts, story.start_ms + day * DAY_MS)

    def host(self) -> Iterator[str]:
        """The host and the detector about themselves, each minute."""
        story = self._month.story
        rng = stream(story.seed, "wall-host")
        lags = rng.gamma(4.0, 8.0, story.hours * 60).round(2).tolist()
        listed = len(self._month.inventory.gateway)
        blind = np.zeros(story.hours * 60, dtype=np.int64)
        for ap in self._month.inventory.access_point:
            for start_ns, end_ns in story.unobserved(ap.ap_id):
                first = (start_ns // NS_PER_MS - story.start_ms) // MINUTE_MS
                blind[first : (end_ns // NS_PER_MS - story.start_ms) // MINUTE_MS] += 1
        share = (blind / len(self._month.inventory.access_point)).tolist()
        for ix, lag_ms in enumerate(lags):
            at_ms = story.start_ms + ix * MINUTE_MS
            readings = ix * 3_000
            about: Fields = {"readings": readings, "lag_ms": lag_ms, "unobserved_share": share[ix]}
            yield render("detector", {}, about | {"ready": True}, at_ms)
            yield render(
                "host",
                {},
                {
                    "broker_up": True,
                    "database_up": True,
                    "pending_bytes": int(lag_ms * 900),
                    "gateways_alive": listed,
                    "gateways_listed": listed,
                    "lines_stored": readings,
                    "dead_letters": 0,
                    "refused": 0,
                    "shed": 0,
                    "write_ms": lag_ms / 2,
                    "ledger_ms": lag_ms / 4,
                    "notices_waiting": 0,
                },
                at_ms,
            )

    def checks(self) -> Iterator[str]:
        """Active checks by stage and hour; none passes while there is no service."""
        for ap in self._month.inventory.access_point:
            tried = np.full(self._month.story.hours, 4, dtype=np.int64)
            passed = tried - np.rint(4 * self._month.down[ap.ap_id] / HOUR_MS).astype(np.int64)
            for stage in STAGES:
                head = line_protocol.head(
                    "check_hour", self._month.tags.device(ap.ap_id) | {"stage": str(stage)}
                )
                for at_ms, ok in zip(self._month.hours_ms, passed.tolist(), strict=True):
                    yield f"{head} tried=4i,passed={ok}i,p50_ms={40.0 * stage} {at_ms}"

    def raw(self, every_s: int) -> Iterator[str]:
        """Usage as it is stored raw; nothing while nobody sees the access point."""
        per_hour = 3_600 // every_s
        for ap in self._month.inventory.access_point:
            head = line_protocol.head("wifi_usage", self._month.tags.device(ap.ap_id))
            rng = stream(self._month.story.seed, "wall-raw", ap.ap_id)
            dark = (self._month.down[ap.ap_id] + self._month.blind[ap.ap_id]).tolist()
            for hour, mean in enumerate(self._month.expected[ap.ap_id].tolist()):
                if dark[hour] >= HOUR_MS:
                    continue
                base = self._month.hours_ms[hour]
                for ix, clients in enumerate(rng.poisson(mean, per_hour).tolist()):
                    at_ms = base + ix * every_s * 1_000
                    used_ms = clients * every_s * 1_000
                    yield (
                        f"{head} clients={clients}i,device_ms={used_ms}i,unobserved_ms=0i,"
                        f"rx_delta_bytes={used_ms * 5}i,tx_delta_bytes={used_ms * 40}i {at_ms}"
                    )
