-- Times are milliseconds since 1970 UTC. JSON columns hold plain values only.

CREATE TABLE clinic (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    since       INTEGER NOT NULL
) STRICT;

CREATE TABLE staff (
    id          INTEGER PRIMARY KEY,
    clinic_id   TEXT NOT NULL REFERENCES clinic (id),
    telegram_id INTEGER NOT NULL,
    name        TEXT NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('nurse', 'doctor', 'manager', 'reception')),
    on_call     INTEGER NOT NULL DEFAULT 0,
    active      INTEGER NOT NULL DEFAULT 1,
    since       INTEGER NOT NULL,
    UNIQUE (clinic_id, telegram_id)
) STRICT;

CREATE TABLE patient (
    id           INTEGER PRIMARY KEY,
    clinic_id    TEXT NOT NULL REFERENCES clinic (id),
    chat_id      INTEGER NOT NULL UNIQUE,
    case_number  TEXT NOT NULL UNIQUE,
    first_name   TEXT NOT NULL,
    lang         TEXT NOT NULL,
    zone         TEXT NOT NULL,
    hour         TEXT NOT NULL,
    phone        TEXT NOT NULL DEFAULT '',
    paused_until INTEGER,
    stopped      INTEGER NOT NULL DEFAULT 0,
    unreachable  TEXT NOT NULL DEFAULT '',
    -- The question of ours that is open (a step of enrolment or of the settings), and its answers so far.
    asking       TEXT NOT NULL DEFAULT '',
    draft        TEXT NOT NULL DEFAULT '{}',
    -- Messages in a row that the bot could not answer, and the last topic that it did answer.
    failures     INTEGER NOT NULL DEFAULT 0,
    last_topic   TEXT NOT NULL DEFAULT '',
    since        INTEGER NOT NULL
) STRICT;

CREATE TABLE consent (
    id         INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patient (id) ON DELETE CASCADE,
    version    TEXT NOT NULL,
    accepted   INTEGER NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_of_patient ON consent (patient_id);

CREATE TABLE invitation (
    id           INTEGER PRIMARY KEY,
    clinic_id    TEXT NOT NULL REFERENCES clinic (id),
    token_hash   TEXT NOT NULL UNIQUE,
    procedure    TEXT NOT NULL,
    session_at   INTEGER NOT NULL,
    next_session TEXT,
    lang         TEXT NOT NULL,
    variant      TEXT NOT NULL DEFAULT '',
    reference    TEXT NOT NULL DEFAULT '',
    made_by      TEXT NOT NULL,
    made_at      INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    used_at      INTEGER,
    used_by      INTEGER REFERENCES patient (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX invitation_of_patient ON invitation (used_by) WHERE used_by IS NOT NULL;

CREATE TABLE episode (
    id           INTEGER PRIMARY KEY,
    patient_id   INTEGER NOT NULL REFERENCES patient (id) ON DELETE CASCADE,
    procedure    TEXT NOT NULL,
    session_at   INTEGER NOT NULL,
    zone         TEXT NOT NULL,
    next_session TEXT,
    variant      TEXT NOT NULL DEFAULT '',
    state        TEXT NOT NULL CHECK (state IN ('running', 'replaced', 'stopped', 'finished')),
    began_at     INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;
CREATE UNIQUE INDEX episode_running_one ON episode (patient_id) WHERE state = 'running';
CREATE INDEX episode_of_patient ON episode (patient_id);

-- Every update of the channel as it came, kept before it is confirmed. The raw text is emptied once handled.
CREATE TABLE incoming (
    update_id  INTEGER PRIMARY KEY,
    kept_at    INTEGER NOT NULL,
    raw        TEXT NOT NULL,
    state      TEXT NOT NULL DEFAULT 'kept' CHECK (state IN ('kept', 'handled', 'dead')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    handled_at INTEGER,
    trouble    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX incoming_kept ON incoming (update_id) WHERE state = 'kept';
CREATE INDEX incoming_to_purge ON incoming (kept_at) WHERE state <> 'kept';

-- What patients said: words, media, answers to check-ins.
CREATE TABLE message (
    id         INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patient (id) ON DELETE CASCADE,
    episode_id INTEGER REFERENCES episode (id) ON DELETE CASCADE,
    update_id  INTEGER NOT NULL UNIQUE,
    at         INTEGER NOT NULL,
    day        INTEGER,
    kind       TEXT NOT NULL,
    text       TEXT NOT NULL,
    file_id    TEXT NOT NULL DEFAULT '',
    level      TEXT NOT NULL,
    reading    TEXT NOT NULL
) STRICT;
CREATE INDEX message_of_patient ON message (patient_id, at);

CREATE TABLE flag (
    id          INTEGER PRIMARY KEY,
    patient_id  INTEGER NOT NULL REFERENCES patient (id) ON DELETE CASCADE,
    episode_id  INTEGER REFERENCES episode (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,
    level       TEXT NOT NULL CHECK (level IN ('review', 'urgent', 'emergency')),
    state       TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'answered', 'resolved')),
    day         INTEGER,
    words       TEXT NOT NULL,
    why         TEXT NOT NULL DEFAULT '[]',
    opened_at   INTEGER NOT NULL,
    promise_at  INTEGER,
    -- When it is repeated next while nobody has taken it, and how often that has happened.
    nudge_at    INTEGER,
    nudges      INTEGER NOT NULL DEFAULT 0,
    taken_by    INTEGER REFERENCES staff (id),
    taken_at    INTEGER,
    answered_at INTEGER,
    resolved_by INTEGER REFERENCES staff (id),
    resolved_at INTEGER,
    outcome     TEXT NOT NULL DEFAULT '',
    note        TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX flag_to_nudge ON flag (nudge_at) WHERE state = 'open' AND nudge_at IS NOT NULL;
CREATE INDEX flag_unresolved_of_patient ON flag (patient_id) WHERE state <> 'resolved';

-- A run of questions with buttons: a planned check-in, "I'm worried", or the safety questions.
CREATE TABLE checkin (
    id          INTEGER PRIMARY KEY,
    patient_id  INTEGER NOT NULL REFERENCES patient (id) ON DELETE CASCADE,
    episode_id  INTEGER REFERENCES episode (id) ON DELETE CASCADE,
    checkin     TEXT NOT NULL,
    origin      TEXT NOT NULL CHECK (origin IN ('planned', 'worried', 'unsure')),
    day         INTEGER,
    state       TEXT NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'begun', 'done', 'silent', 'replaced')),
    step        TEXT NOT NULL,
    answers     TEXT NOT NULL DEFAULT '{}',
    worry       INTEGER NOT NULL DEFAULT 0,
    words       TEXT NOT NULL DEFAULT '',
    asked_at    INTEGER NOT NULL,
    answered_at INTEGER,
    -- When its silence is looked at next: to remind, or to tell staff.
    look_at     INTEGER,
    reminded    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX checkin_to_look_at ON checkin (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX checkin_of_patient ON checkin (patient_id, asked_at);

-- Everything that is to reach a person, and what became of it.
CREATE TABLE outgoing (
    id            INTEGER PRIMARY KEY,
    chat_id       INTEGER NOT NULL,
    patient_id    INTEGER REFERENCES patient (id) ON DELETE CASCADE,
    episode_id    INTEGER REFERENCES episode (id) ON DELETE CASCADE,
    flag_id       INTEGER REFERENCES flag (id) ON DELETE CASCADE,
    checkin_id    INTEGER REFERENCES checkin (id) ON DELETE CASCADE,
    lane          INTEGER NOT NULL,
    -- text · edit · qr (an invitation minted as it is sent) · data (the patient's own file) · copy (a medium)
    form          TEXT NOT NULL,
    planned       TEXT,
    words         TEXT NOT NULL,
    facts         TEXT NOT NULL DEFAULT '{}',
    buttons       TEXT NOT NULL DEFAULT '[]',
    keyboard      TEXT,
    lang          TEXT NOT NULL,
    edits_row     INTEGER,
    edits_message INTEGER,
    reply_row     INTEGER,
    ask_reply     INTEGER NOT NULL DEFAULT 0,
    wall          TEXT NOT NULL DEFAULT '',
    due_at        INTEGER NOT NULL,
    state         TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN (
                      'waiting', 'claimed', 'handed', 'sent', 'refused', 'unknown',
                      'dropped', 'merged', 'cancelled')),
    claimed_by    TEXT,
    attempts      INTEGER NOT NULL DEFAULT 0,
    sent_at       INTEGER,
    message_id    INTEGER,
    version       TEXT NOT NULL DEFAULT '',
    hash          TEXT NOT NULL DEFAULT '',
    reason        TEXT NOT NULL DEFAULT '',
    repeat_of     INTEGER
) STRICT;
CREATE INDEX outgoing_due ON outgoing (lane, due_at, id) WHERE state = 'waiting';
CREATE INDEX outgoing_in_hand ON outgoing (state) WHERE state IN ('claimed', 'handed');
CREATE UNIQUE INDEX outgoing_planned_once ON outgoing (episode_id, planned) WHERE planned IS NOT NULL;
CREATE INDEX outgoing_of_patient ON outgoing (patient_id, due_at);
CREATE INDEX outgoing_by_message ON outgoing (chat_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX outgoing_of_checkin ON outgoing (checkin_id) WHERE checkin_id IS NOT NULL;
CREATE INDEX outgoing_of_flag ON outgoing (flag_id) WHERE flag_id IS NOT NULL;

-- Chats that Telegram has asked us to leave alone for a while.
CREATE TABLE hold (
    chat_id INTEGER PRIMARY KEY,
    until   INTEGER NOT NULL
) STRICT;

-- Small facts that must survive a restart: the next offset, the staff group's new id.
CREATE TABLE fact (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Who did what, without content.
CREATE TABLE audit (
    id    INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    who   TEXT NOT NULL,
    what  TEXT NOT NULL,
    about TEXT NOT NULL
) STRICT;
