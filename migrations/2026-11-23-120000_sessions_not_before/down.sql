ALTER TABLE profiles DROP COLUMN sessions_not_before;
