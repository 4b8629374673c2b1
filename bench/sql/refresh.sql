-- What one POST /api/token/refresh needs of the database, by itself: the token replaced, and whose it is.
UPDATE sessions SET
    current_token = CASE WHEN current_token = :presented THEN :successor ELSE current_token END,
    previous_token = CASE WHEN current_token = :presented THEN :presented ELSE previous_token END,
    used_at = CASE WHEN current_token = :presented THEN now() ELSE used_at END,
    expires_at = CASE WHEN current_token = :presented THEN least(now() + interval '24 hours', ends_at) ELSE expires_at END
FROM (VALUES (:profile::uuid)) AS used (owner) LEFT JOIN approvals ON approvals.profile_id = owner
WHERE sessions.id = :session AND sessions.profile_id = owner AND ended_at IS NULL AND expires_at > now()
    AND (current_token = :presented OR (previous_token = :presented AND used_at > now() - interval '10 seconds'))
RETURNING sessions.profile_id, approvals.role, approvals.state, used_at, expires_at;
