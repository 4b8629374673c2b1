-- A separate migration: it locks one table that requests use.
DROP TRIGGER profiles_copy_wilaya ON profiles;
DROP FUNCTION copy_wilaya();
