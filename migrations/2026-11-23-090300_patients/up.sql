CREATE TABLE patients (
    profile_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'user',
    first_name text NOT NULL,
    last_name text NOT NULL,
    married boolean,
    CONSTRAINT patients_pkey PRIMARY KEY (profile_id),
    CONSTRAINT patients_role_user CHECK (role = 'user'),
    CONSTRAINT patients_profile_fkey
        FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE
);
