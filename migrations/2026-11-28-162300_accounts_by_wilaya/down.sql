DROP INDEX profiles_wilaya_idx;
