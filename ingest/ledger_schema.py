"""The ledger's tables, as a list of migrations: each once, in order, none ever changed.

    received      what arrived, as offsets: what is committed to gateways is read from here
    checkpoint    the processor's state, in the same transaction as the offsets it contains
    interval      every revision of every outage and unobserved time; the last one counts
    incident      every revision of every incident
    completeness  what became of the records, per gateway, epoch and hour of arrival
    quarantine    what was refused on arrival, without its bytes
    dead_letter   lines that the database refused
    tally         how many there were, also where the rows themselves are capped
    maintenance   announced work: who is not called, what is published, what does not count
    notice        what people are told by webhook, with its key, before it is tried

A revision is never written over: what the ledger said at a moment can always be shown.
"""

from typing import Final

APPLICATION_ID: Final = 0x4C4D504C  # "LMPL", in the file's header

_FIRST: Final = """
CREATE TABLE migration (
    number INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('batch', 0);

CREATE TABLE node (
    level   TEXT NOT NULL,
    node    TEXT NOT NULL,
    name    TEXT NOT NULL,
    area    TEXT NOT NULL,
    site    TEXT NOT NULL,
    gateway TEXT NOT NULL,
    listed  INTEGER NOT NULL CHECK (listed IN (0, 1)), -- 0: no longer in the inventory
    PRIMARY KEY (level, node)
) STRICT, WITHOUT ROWID;

CREATE TABLE received (
    gateway TEXT NOT NULL,
    epoch   INTEGER NOT NULL,
    base    INTEGER NOT NULL CHECK (base >= 0),
    ranges  TEXT NOT NULL, -- [[lo, hi), ...] as JSON, ascending
    PRIMARY KEY (gateway, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    batch INTEGER PRIMARY KEY,
    state BLOB NOT NULL
) STRICT;

CREATE TABLE interval (
    level       TEXT NOT NULL,
    node        TEXT NOT NULL,
    start_ms    INTEGER NOT NULL,
    version     INTEGER NOT NULL CHECK (version >= 1),
    end_ms      INTEGER CHECK (end_ms >= start_ms), -- NULL: it lasts
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    cause       TEXT NOT NULL,
    incident    TEXT NOT NULL,
    status      TEXT NOT NULL,
    recorded_ms INTEGER NOT NULL,
    PRIMARY KEY (level, node, start_ms, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX interval_by_start ON interval (start_ms);
CREATE INDEX interval_by_end ON interval (end_ms);

CREATE VIEW interval_now AS
SELECT * FROM interval AS one WHERE state <> 'withdrawn' AND version = (
    SELECT max(version) FROM interval AS other
    WHERE other.level = one.level AND other.node = one.node AND other.start_ms = one.start_ms
);

CREATE TABLE incident (
    incident    TEXT NOT NULL,
    version     INTEGER NOT NULL CHECK (version >= 1),
    level       TEXT NOT NULL,
    node        TEXT NOT NULL,
    cause       TEXT NOT NULL,
    start_ms    INTEGER NOT NULL,
    end_ms      INTEGER, -- NULL: open
    declared_ms INTEGER NOT NULL,
    members     TEXT NOT NULL, -- ids, as a JSON list
    merged_into TEXT NOT NULL,
    recorded_ms INTEGER NOT NULL,
    PRIMARY KEY (incident, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_by_start ON incident (start_ms);

CREATE VIEW incident_now AS
SELECT * FROM incident AS one WHERE merged_into = '' AND version = (
    SELECT max(version) FROM incident AS other WHERE other.incident = one.incident
);

CREATE TABLE completeness (
    gateway     TEXT NOT NULL,
    epoch       INTEGER NOT NULL,
    hour        INTEGER NOT NULL, -- of arrival, since 1970
    expected    INTEGER NOT NULL CHECK (expected >= 0),
    received    INTEGER NOT NULL CHECK (received >= 0),
    late        INTEGER NOT NULL CHECK (late >= 0),
    duplicate   INTEGER NOT NULL CHECK (duplicate >= 0),
    quarantined INTEGER NOT NULL CHECK (quarantined >= 0),
    lost        INTEGER NOT NULL CHECK (lost >= 0),
    skipped     INTEGER NOT NULL CHECK (skipped >= 0),
    shed        INTEGER NOT NULL CHECK (shed >= 0),
    CHECK (late <= received),
    CHECK (quarantined <= received),
    PRIMARY KEY (gateway, epoch, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    id         INTEGER PRIMARY KEY,
    batch      INTEGER NOT NULL,
    gateway    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    arrival_ms INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    epoch      INTEGER,
    "offset"   INTEGER
) STRICT;

CREATE TABLE dead_letter (
    id       INTEGER PRIMARY KEY,
    batch    INTEGER NOT NULL,
    at_ms    INTEGER NOT NULL,
    line     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    status   INTEGER NOT NULL,
    gateway  TEXT NOT NULL,
    epoch    INTEGER,
    "offset" INTEGER
) STRICT;

CREATE TABLE tally (
    kind    TEXT NOT NULL,
    gateway TEXT NOT NULL,
    reason  TEXT NOT NULL,
    count   INTEGER NOT NULL CHECK (count >= 0),
    PRIMARY KEY (kind, gateway, reason)
) STRICT, WITHOUT ROWID;
"""

_PEOPLE: Final = """
CREATE TABLE maintenance (
    id         INTEGER PRIMARY KEY,
    level      TEXT NOT NULL CHECK (level IN ('area', 'site', 'gateway', 'ap')),
    node       TEXT NOT NULL,
    start_ms   INTEGER NOT NULL,
    end_ms     INTEGER NOT NULL CHECK (end_ms > start_ms),
    reason     TEXT NOT NULL,
    added_ms   INTEGER NOT NULL,
    removed_ms INTEGER -- NULL: it stands
) STRICT;

CREATE TABLE notice (
    id       TEXT PRIMARY KEY, -- incident, event, revision: the receiver's idempotency key
    incident TEXT NOT NULL,
    event    TEXT NOT NULL,
    revision INTEGER NOT NULL,
    made_ms  INTEGER NOT NULL,
    body     TEXT NOT NULL,
    tries    INTEGER NOT NULL CHECK (tries >= 0),
    next_ms  INTEGER NOT NULL,
    done_ms  INTEGER, -- NULL: it waits
    given_up INTEGER NOT NULL CHECK (given_up IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_by_time ON notice (next_ms) WHERE done_ms IS NULL;
"""

MIGRATIONS: Final = (_FIRST, _PEOPLE)
"""Script n brings a file from schema n to n + 1; each runs in a transaction of its own."""
