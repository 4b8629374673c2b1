-- Before this, `sihha migrate` has written the terms of all accounts: see `search_keys_refresh.rs`.
ANALYZE search_keys;
