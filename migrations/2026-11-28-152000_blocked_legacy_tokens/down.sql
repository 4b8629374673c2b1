DROP TABLE blocked_legacy_tokens;
