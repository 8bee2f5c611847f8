-- What was said inside of the words of a message, as [["id", "version", "hash"], ...]: each list stands here once.
CREATE TABLE inside (
    id    INTEGER PRIMARY KEY,
    parts TEXT NOT NULL UNIQUE
);
ALTER TABLE outgoing ADD COLUMN inside INTEGER REFERENCES inside (id);

-- Who was sent a correction of which version of which words, and when they said that they have read it.
CREATE TABLE recalled (
    id          INTEGER PRIMARY KEY,
    patient_id  INTEGER NOT NULL REFERENCES patient (id) ON DELETE CASCADE,
    words       TEXT NOT NULL,
    version     TEXT NOT NULL,
    correction  TEXT NOT NULL,
    outgoing_id INTEGER REFERENCES outgoing (id) ON DELETE CASCADE,
    made_by     TEXT NOT NULL,
    made_at     BIGINT NOT NULL,
    read_at     BIGINT,
    UNIQUE (patient_id, words, version)
);
CREATE INDEX recalled_of_outgoing ON recalled (outgoing_id);
