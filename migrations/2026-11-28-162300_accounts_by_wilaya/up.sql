-- The id is the second column, so that lists of a wilaya are read in pages.
CREATE INDEX CONCURRENTLY IF NOT EXISTS profiles_wilaya_idx ON profiles (wilaya, id) WHERE wilaya IS NOT NULL;
