CREATE INDEX CONCURRENTLY IF NOT EXISTS profiles_commune_idx ON profiles (commune, id) WHERE commune IS NOT NULL;
