-- After the rows, because an index that exists makes each of them cost several times as much.
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_keys_terms_idx ON search_keys USING gin (terms);
