-- The terms by which a search finds an account: `SearchTerms` in the domain says which. They are computed from names,
-- telephones and the like, so they can be computed again whenever their rules change.
CREATE TABLE search_keys (
    profile_id uuid NOT NULL,
    terms text[] COLLATE "C" NOT NULL,
    CONSTRAINT search_keys_pkey PRIMARY KEY (profile_id),
    CONSTRAINT search_keys_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE CASCADE
);
