DROP TRIGGER profiles_copy_wilaya ON profiles;
DROP FUNCTION copy_wilaya();
