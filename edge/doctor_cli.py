"""``lamplighter gateway doctor``: gathers the facts and prints what the doctor makes of them."""

import shutil
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from edge import doctor_file, serial_adapters
from edge.clock import SystemClock
from edge.configuration import GatewayConfiguration, MetricsPage
from edge.configuration_file import DEFAULT_CONFIG, read
from edge.doctor import Facts, Report, examine
from edge.doctor_board import GROUPS, examine_board, in_group
from edge.doctor_finding import Severity
from edge.doctor_probes import Questions, ask_all, systemctl, with_agent
from edge.metrics_page import SERIAL_PAGE
from edge.serial_status import SensorStatus
from edge.source_state import SourceView, Status
from vocabulary.delivery import TimeQuality
from vocabulary.errors import ConfigurationInvalid

PAGE_TIMEOUT_S = 5.0
WATCH_S = 10.0
PREFIX = "lamplighter_"
MARKS = {
    Severity.FINE: "ok      ",
    Severity.NOTE: "note    ",
    Severity.DEGRADED: "DEGRADED",
    Severity.FATAL: "FATAL   ",
}


class DiskUsage(NamedTuple):
    """As ``shutil`` says it."""

    total: int
    used: int
    free: int


class Page(NamedTuple):
    """What the agent shows: numbers by name without prefix, its sources, topics nobody reads."""

    numbers: dict[str, float]
    sources: tuple[SourceView, ...]
    strange_topics: dict[str, int]


def _sources_of(samples: list[Sample]) -> tuple[SourceView, ...]:
    views: dict[tuple[str, str, str], SourceView] = {}
    for one in samples:
        if not one.name.startswith("source_"):
            continue
        key = one.labels["ap"], one.labels["topic"], one.labels["format"]
        view = views.get(key) or SourceView(*key, -1.0, 0.0, Status.UNKNOWN, {}, {})
        match one.name:
            case "source_age_seconds":
                view = view._replace(age_s=one.value)
            case "source_max_age_seconds":
                view = view._replace(max_age_s=one.value)
            case "source_status":
                view = view._replace(status=one.labels["status"])
            case "source_value":
                view.values[one.labels["metric"]] = one.value
            case "source_refused_total":
                view.refused[one.labels["reason"]] = int(one.value)
            case _:  # a number of a newer agent
                continue
        views[key] = view
    return tuple(views.values())


def read_page(page: MetricsPage) -> Page | None:
    """The agent's page; None when nobody answers."""
    if not page.port:
        return None
    url = f"http://{page.address}:{page.port}/metrics"
    try:
        with urllib.request.urlopen(url, timeout=PAGE_TIMEOUT_S) as answer:
            text = answer.read().decode()
    except OSError:
        return None
    samples = [
        sample._replace(name=sample.name.removeprefix(PREFIX))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
    return Page(
        {one.name: one.value for one in samples if not one.labels},
        _sources_of(samples),
        {
            one.labels["topic"]: int(one.value)
            for one in samples
            if one.name == "strange_topic_total"
        },
    )


def serial_of_page(page: MetricsPage) -> tuple[SensorStatus, ...]:
    """What the agent knows of each sensor's line; empty when nobody answers."""
    if not page.port:
        return ()
    url = f"http://{page.address}:{page.port}{SERIAL_PAGE}"
    try:
        with urllib.request.urlopen(url, timeout=PAGE_TIMEOUT_S) as answer:
            return msgspec.json.decode(answer.read(), type=tuple[SensorStatus, ...])
    except (OSError, msgspec.DecodeError):
        return ()


def gather(path: str) -> Facts:
    """Look at the configuration, the agent's page, the disk and the clock."""
    made: GatewayConfiguration | None = None
    faults: tuple[str, ...] = ()
    try:
        made = read(path)
    except ConfigurationInvalid as error:
        faults = tuple(str(finding) for finding in error.findings)
    if made is None:
        return Facts(configuration_faults=faults)
    try:
        usage: DiskUsage | None = DiskUsage(*shutil.disk_usage(Path(made.spool.directory)))
    except OSError:
        usage = None
    page = read_page(made.metrics_page)
    return Facts(
        agent=page.numbers if page else None,
        sources=page.sources if page else (),
        strange_topics=page.strange_topics if page else {},
        free_bytes=usage.free if usage else None,
        total_bytes=usage.total if usage else None,
        clock_synced=SystemClock().now().quality is TimeQuality.SYNCED,
        serial=serial_of_page(made.metrics_page),
        adapters=tuple(adapter.path for adapter in serial_adapters.adapters()),
    )


def print_report(report: Report) -> None:
    """One line a finding; what to do stands below it."""
    for finding in report.findings:
        click.echo(f"{finding.code:<9} {MARKS[finding.severity]}  {finding.what}: {finding.found}")
        if finding.remedy:
            click.echo(f"          expected: {finding.expected}")
            click.echo(f"          remedy: {finding.remedy}")


def inspect(path: str) -> Report:
    """Everything that can be asked on this board, judged."""
    facts = gather(path)
    if facts.configuration_faults:
        return examine(facts)
    board = ask_all(Questions(read(path), SystemClock()).all())
    if facts.serial:  # the agent has the ports open, and knows more of them than their names
        board = msgspec.structs.replace(board, ports_missing=None)
    found = examine_board(with_agent(board, facts.agent))
    return Report((*examine(facts).findings, *found))


def fix(path: str) -> list[str]:
    """Do what cannot do harm: rights on secrets, the renewal timer; gives what was done."""
    made = read(path)
    questions, done = Questions(made, SystemClock()), []
    faults = questions.store.mode_faults()
    if faults:
        questions.store.fix_modes()
        done += [f"E-ID-01 {fault}: taken back to 0600" for fault in faults]
    for place in questions.secrets()["open_secrets"]:
        Path(place).chmod(0o600)
        done.append(f"E-SEC-01 {place}: taken back to 0600")
    if questions.store.enrolled and systemctl("is-active", "lamplighter-renew.timer") == "inactive":
        systemctl("enable", "--now", "lamplighter-renew.timer")
        done.append("E-ID-03 lamplighter-renew.timer: started")
    return done


def _show(report: Report, *, as_json: bool) -> None:
    if not as_json:
        print_report(report)
        return
    shown = {
        "command": "doctor",
        "code": int(report.exit_code),
        "result": report.exit_code.name.lower(),
        "steps": report.findings,
    }
    click.echo(msgspec.json.encode(shown).decode())


@click.command()
@click.option("--config", default=DEFAULT_CONFIG, show_default=True, help="The gateway's file.")
@click.option("--group", default="", type=click.Choice(["", *GROUPS]), help="Only this group.")
@click.option("--fix", "fixing", is_flag=True, help="Do what is safe: rights, the timer.")
@click.option("--watch", is_flag=True, help="Again every ten seconds, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One object with all findings.")
def doctor(config: str, group: str, fixing: bool, watch: bool, as_json: bool) -> None:
    """Say what is wrong with this gateway and what to do about it.

    All questions are asked at once; one that gives no answer within 10 s is named. Exit 0 if all
    is well, 1 if something works badly, 2 if something does not work. Each code has a page in
    docs/field.

    Example: lamplighter gateway doctor --config deploy/gateway.toml
    """
    if fixing:
        for line in fix(config):
            click.echo(line, err=True)
    pause = threading.Event()
    while True:
        report = inspect(config)
        with suppress(ConfigurationInvalid):
            doctor_file.keep(Path(read(config).spool.directory), report)
        report = Report(tuple(one for one in report.findings if in_group(one, group)))
        _show(report, as_json=as_json)
        if not watch:
            break
        pause.wait(WATCH_S)
    raise click.exceptions.Exit(int(report.exit_code))
