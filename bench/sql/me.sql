-- What one GET /api/me needs of the database, by itself: the account, if the session is its own and live.
SELECT profiles.id, profiles.role, profiles.email, profiles.carte_id, profiles.birth_date, profiles.numero_tel,
    profiles.address, profiles.blood_type, profiles.gender, profiles.image, profiles.emergency_numbers,
    profiles.registered_at, patients.*,
    ARRAY(SELECT system || ' ' || value FROM profile_identifiers WHERE profile_id = :profile)
FROM sessions
    JOIN profiles ON profiles.id = :profile
    JOIN patients ON patients.profile_id = :profile
WHERE sessions.id = :session AND sessions.profile_id = :profile AND ended_at IS NULL AND expires_at > now();
