DROP INDEX profiles_id_role_c_key;
