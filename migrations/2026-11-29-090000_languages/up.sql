-- The language of the mails to an account's owner, and when the owner confirmed the e-mail. The default is for the previous
-- release. Neither reads the table.
ALTER TABLE profiles
    ADD COLUMN language text NOT NULL DEFAULT 'fr',
    ADD COLUMN email_verified_at timestamptz,
    ADD CONSTRAINT profiles_language_known CHECK (language IN ('ar', 'en', 'fr')) NOT VALID;
