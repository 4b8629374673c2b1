-- What one registration of a patient needs of the database, by itself: the account whole, and its session.
\set profile random(1, 9000000000000000000)
WITH email AS (
    INSERT INTO identifiers (system, value_key, profile_id, claimed_at)
    VALUES ('email', 'beside' || :profile::bigint || '@bench.example.org', lpad(to_hex(:profile::bigint), 32, '0')::uuid, now())
), card AS (
    INSERT INTO identifiers (system, value_key, profile_id, claimed_at)
    VALUES ('carte_id', 'beside' || :profile::bigint, lpad(to_hex(:profile::bigint), 32, '0')::uuid, now())
), profile AS (
    INSERT INTO profiles (id, role, patient_role, email, carte_id, birth_date, numero_tel, gender, emergency_numbers,
        registered_at)
    VALUES (lpad(to_hex(:profile::bigint), 32, '0')::uuid, 'user', 'user', 'beside' || :profile::bigint || '@bench.example.org',
        'BESIDE' || :profile::bigint, '1990-05-15', '0552987332', 'Female', '{}', now())
), patient AS (
    INSERT INTO patients (profile_id, first_name, last_name)
    VALUES (lpad(to_hex(:profile::bigint), 32, '0')::uuid, 'Amina', 'Benabadji')
), password AS (
    INSERT INTO passwords (profile_id, hash)
    VALUES (lpad(to_hex(:profile::bigint), 32, '0')::uuid, '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
), keys AS (
    INSERT INTO search_keys (profile_id, terms)
    VALUES (lpad(to_hex(:profile::bigint), 32, '0')::uuid,
        -- pgbench would take what follows a colon for a variable.
        ('{=amina,=benabadji,bnbj,mn,mnbnbj,role' || chr(58) || 'user,tel' || chr(58) || '213552987332,born' || chr(58)
            || '1990,~bbj,~bnb,~bnbj,~bnj,~mn,~nbj}')::text[])
)
INSERT INTO sessions (id, profile_id, current_token, opened_at, used_at, expires_at, ends_at, address)
VALUES (lpad(to_hex(:profile::bigint), 32, '0')::uuid, lpad(to_hex(:profile::bigint), 32, '0')::uuid,
    sha256(int8send(:profile::bigint)), now(), now(), now() + interval '1 day', now() + interval '30 days', '127.0.0.1');
