CREATE TABLE doctors (
    profile_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'doctor',
    first_name text NOT NULL,
    last_name text NOT NULL,
    specialite text NOT NULL,
    bio text,
    is_privee boolean NOT NULL,
    address text,
    CONSTRAINT doctors_pkey PRIMARY KEY (profile_id),
    CONSTRAINT doctors_role_doctor CHECK (role = 'doctor'),
    CONSTRAINT doctors_profile_fkey
        FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE,
    CONSTRAINT doctors_specialite_fkey FOREIGN KEY (specialite) REFERENCES specialites (code)
);
