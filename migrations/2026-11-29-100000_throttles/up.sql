-- Consecutive failed attempts on a subject, in one network or (empty) in all of them. Both are digests: a
-- list of who was attacked from where is nobody's business.
CREATE TABLE throttles (
    key text COLLATE "C" NOT NULL,
    network text COLLATE "C" NOT NULL,
    failures integer NOT NULL,
    failed_at timestamptz NOT NULL,
    CONSTRAINT throttles_pkey PRIMARY KEY (key, network),
    CONSTRAINT throttles_failures_positive CHECK (failures > 0)
);

CREATE INDEX throttles_failed_at_idx ON throttles (failed_at);

-- On which subjects attempts from a network (the key) failed, and when last.
CREATE TABLE network_failures (
    key text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    failed_at timestamptz NOT NULL,
    CONSTRAINT network_failures_pkey PRIMARY KEY (key, subject)
);

CREATE INDEX network_failures_failed_at_idx ON network_failures (failed_at);
