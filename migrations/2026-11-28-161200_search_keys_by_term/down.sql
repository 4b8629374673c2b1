DROP INDEX CONCURRENTLY search_keys_terms_idx;
