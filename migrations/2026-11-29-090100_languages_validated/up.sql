-- Reads the table while requests go on.
ALTER TABLE profiles VALIDATE CONSTRAINT profiles_language_known;
