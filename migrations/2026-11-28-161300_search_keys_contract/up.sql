-- Before this, `sihha migrate --finish` has written the terms again of accounts that the previous release, which knows no
-- terms, has registered or changed: see `search_keys_refresh.rs`.
ANALYZE search_keys;
