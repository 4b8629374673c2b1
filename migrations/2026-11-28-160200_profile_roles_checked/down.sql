ALTER TABLE profiles DROP CONSTRAINT profiles_roles_of_role;
