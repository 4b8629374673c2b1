-- The times of the latest events of each kind and subject, the newest first; as many as the limit of the kind.
CREATE TABLE rate_limits (
    key text COLLATE "C" NOT NULL,
    times timestamptz[] NOT NULL,
    CONSTRAINT rate_limits_pkey PRIMARY KEY (key),
    CONSTRAINT rate_limits_times_some CHECK (cardinality(times) > 0)
);

CREATE INDEX rate_limits_last_idx ON rate_limits ((times[1]));
