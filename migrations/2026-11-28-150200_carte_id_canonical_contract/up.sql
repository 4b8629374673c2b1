-- The previous release tells a number that is taken by the name of this index.
DROP INDEX profiles_carte_id_c_key;
