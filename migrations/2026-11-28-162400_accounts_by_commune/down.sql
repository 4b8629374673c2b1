DROP INDEX profiles_commune_idx;
