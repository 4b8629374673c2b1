-- What one login needs of the database, by itself: how many logins failed in the network, the count of the
-- attempt in the network and in all, whose e-mail it is, what to check against, the end of the count, the
-- session, and which sessions the account has beyond those that it may have.
\set account random(0, :accounts - 1)
\set session random(1, 9000000000000000000)
SELECT count(*) AS failed FROM network_failures WHERE key = 'network' AND failed_at > now() - interval '10 minutes' \gset
INSERT INTO throttles (key, network, failures, failed_at)
VALUES ('bench' || :account, 'network', 1, now()), ('bench' || :account, '', 1, now())
ON CONFLICT (key, network) DO UPDATE SET failures = throttles.failures + 1, failed_at = EXCLUDED.failed_at
WHERE throttles.failures < 1000000;
SELECT profile_id AS profile FROM identifiers
WHERE system = 'email' AND value_key = 'patient' || :account || '@bench.example.org' LIMIT 1 \gset
SELECT profiles.role, passwords.hash, approvals.state, profiles.sessions_not_before,
    EXISTS (SELECT FROM suspensions WHERE suspensions.profile_id = :profile::uuid) AS is_suspended
FROM profiles JOIN passwords ON passwords.profile_id = profiles.id
    LEFT JOIN approvals ON approvals.profile_id = profiles.id
WHERE profiles.id = :profile::uuid LIMIT 1 \gset
DELETE FROM throttles WHERE key = 'bench' || :account AND network IN ('network', '');
INSERT INTO sessions (id, profile_id, current_token, opened_at, used_at, expires_at, ends_at, address)
SELECT lpad(to_hex(:session::bigint), 32, '0')::uuid, id, sha256(int8send(:session::bigint)), now(), now(),
    now() + interval '1 day', now() + interval '30 days', '127.0.0.1'
FROM profiles WHERE id = :profile::uuid AND sessions_not_before IS NULL FOR KEY SHARE;
SELECT id FROM sessions WHERE profile_id = :profile::uuid AND ended_at IS NULL AND expires_at > now()
ORDER BY id DESC OFFSET 99 LIMIT 1000;
SELECT id FROM sessions WHERE profile_id = :profile::uuid AND ended_at IS NOT NULL
ORDER BY ended_at DESC, id DESC OFFSET 100 LIMIT 1000;
