CREATE TABLE labos (
    profile_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'labo',
    name text NOT NULL,
    number text NOT NULL,
    address text NOT NULL,
    CONSTRAINT labos_pkey PRIMARY KEY (profile_id),
    CONSTRAINT labos_role_labo CHECK (role = 'labo'),
    CONSTRAINT labos_profile_fkey
        FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE
);
