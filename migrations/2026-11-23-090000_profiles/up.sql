-- What every account holder has. The role is part of the key that the role tables refer to, so a profile
-- can have a row in its own role's table alone.
CREATE TABLE profiles (
    id uuid NOT NULL,
    role text NOT NULL,
    email text NOT NULL,
    -- Only the local part of an address can hold capitals, and it is ASCII: the C collation is exact, and
    -- gives the same on every server.
    email_key text NOT NULL GENERATED ALWAYS AS (lower(email COLLATE "C")) STORED,
    carte_id text NOT NULL,
    birth_date date,
    numero_tel text,
    address text,
    blood_type text,
    gender text,
    image text,
    emergency_numbers text[] NOT NULL DEFAULT '{}',
    registered_at timestamptz NOT NULL,
    CONSTRAINT profiles_pkey PRIMARY KEY (id),
    CONSTRAINT profiles_id_role_key UNIQUE (id, role),
    CONSTRAINT profiles_email_key UNIQUE (email_key),
    CONSTRAINT profiles_carte_id_key UNIQUE (carte_id),
    CONSTRAINT profiles_role_known CHECK (role IN ('user', 'doctor', 'hospital', 'labo')),
    CONSTRAINT profiles_email_shape CHECK (email LIKE '_%@_%'),
    CONSTRAINT profiles_carte_id_shape CHECK (carte_id ~ '^[A-Za-z0-9]+$'),
    CONSTRAINT profiles_blood_type_known
        CHECK (blood_type IN ('A+', 'A-', 'B+', 'B-', 'AB+', 'AB-', 'O+', 'O-')),
    CONSTRAINT profiles_gender_known CHECK (gender IN ('Male', 'Female')),
    CONSTRAINT profiles_emergency_numbers_complete CHECK (array_position(emergency_numbers, NULL) IS NULL)
);
