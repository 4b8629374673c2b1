-- When each key signed tokens, so that a start without one of them can say that it does not accept them. Never read by a
-- request. In the group of counters, with `kid` as its key: no row is of an account.
CREATE TABLE signing_keys (
    -- Of the default secret, whose tokens have no `kid`, a name that two bytes of its digest make.
    kid text COLLATE "C" NOT NULL,
    signed_from timestamptz NOT NULL,
    -- While the key signs, some minutes ahead: a service that is killed records no end.
    signed_until timestamptz NOT NULL,
    -- When the last token that it may have signed expires.
    tokens_until timestamptz NOT NULL,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (kid),
    CONSTRAINT signing_keys_in_order CHECK (signed_from <= signed_until AND signed_until <= tokens_until)
);
