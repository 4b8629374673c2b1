CREATE UNIQUE INDEX profiles_carte_id_c_key ON profiles (carte_id COLLATE "C");
