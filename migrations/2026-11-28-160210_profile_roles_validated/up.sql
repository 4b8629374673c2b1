ALTER TABLE profiles VALIDATE CONSTRAINT profiles_roles_of_role;
