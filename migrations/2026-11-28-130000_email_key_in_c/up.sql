-- The order of texts in the database's collation changes with the system's locale data, and an index that was made before
-- then misses rows: accounts cannot log in, and their e-mails register again. The C collation never changes. A new index
-- beside the old one, which the previous release still uses; made without keeping anyone waiting.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS profiles_email_c_key ON profiles (email_key COLLATE "C");
