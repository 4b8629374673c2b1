-- What one GET /api/me needs of the database, by itself: the account, if the session is its own and live.
SELECT profiles.id, profiles.role, profiles.email, profiles.carte_id, profiles.birth_date, profiles.numero_tel,
    profiles.address, profiles.blood_type, profiles.gender, profiles.image, profiles.emergency_numbers,
    profiles.registered_at, patients.*, doctors.*, hospitals.*, labos.*,
    approvals.profile_id, approvals.role, approvals.state, approvals.decided_by, approvals.decided_at, approvals.reason
FROM profiles
    LEFT JOIN patients ON patients.profile_id = profiles.id
    LEFT JOIN doctors ON doctors.profile_id = profiles.id
    LEFT JOIN hospitals ON hospitals.profile_id = profiles.id
    LEFT JOIN labos ON labos.profile_id = profiles.id
    LEFT JOIN approvals ON approvals.profile_id = profiles.id
WHERE profiles.id IN (
    SELECT sessions.profile_id FROM sessions
    WHERE sessions.id = :session AND sessions.profile_id = :profile AND ended_at IS NULL AND expires_at > now()
);
