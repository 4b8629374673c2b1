DROP INDEX profiles_carte_id_c_key;
