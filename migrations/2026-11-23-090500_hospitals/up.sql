CREATE TABLE hospitals (
    profile_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'hospital',
    name text NOT NULL,
    number text NOT NULL,
    address text NOT NULL,
    CONSTRAINT hospitals_pkey PRIMARY KEY (profile_id),
    CONSTRAINT hospitals_role_hospital CHECK (role = 'hospital'),
    CONSTRAINT hospitals_profile_fkey
        FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE
);
