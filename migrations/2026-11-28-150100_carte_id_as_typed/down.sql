ALTER TABLE profiles ADD CONSTRAINT profiles_carte_id_shape CHECK (carte_id ~ '^[A-Za-z0-9]+$') NOT VALID;
