-- Apart from the profiles, so that no query for a profile can carry a hash along.
CREATE TABLE passwords (
    profile_id uuid NOT NULL,
    hash text NOT NULL,
    CONSTRAINT passwords_pkey PRIMARY KEY (profile_id),
    CONSTRAINT passwords_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE CASCADE,
    CONSTRAINT passwords_hash_phc CHECK (hash LIKE '$_%')
);
