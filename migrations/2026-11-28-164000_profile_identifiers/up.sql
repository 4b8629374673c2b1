-- Identifiers that an account carries besides its card. That no two accounts have the same is up to the claims.
CREATE TABLE profile_identifiers (
    profile_id uuid NOT NULL,
    system text COLLATE "C" NOT NULL,
    -- As it was typed.
    value text NOT NULL,
    value_key text COLLATE "C" NOT NULL,
    verified_at timestamptz,
    verified_by text,
    CONSTRAINT profile_identifiers_pkey PRIMARY KEY (profile_id, system),
    CONSTRAINT profile_identifiers_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE CASCADE,
    CONSTRAINT profile_identifiers_system_known CHECK (system IN ('nin', 'ins', 'chifa', 'cnom', 'facility', 'other')),
    CONSTRAINT profile_identifiers_verified_whole CHECK ((verified_at IS NULL) = (verified_by IS NULL))
);
