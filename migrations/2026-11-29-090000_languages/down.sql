ALTER TABLE profiles DROP COLUMN email_verified_at, DROP COLUMN language;
