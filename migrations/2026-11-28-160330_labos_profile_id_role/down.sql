DROP INDEX labos_profile_id_role_key;
