-- The previous release is gone. The claims alone keep e-mails and card numbers unique.
DROP TRIGGER profiles_claim_identifiers ON profiles;
DROP TRIGGER profiles_set_roles ON profiles;
DROP FUNCTION claim_identifiers();
DROP FUNCTION set_profile_roles();
DROP FUNCTION carte_id_key(text);
DROP INDEX profiles_email_c_key;
DROP INDEX profiles_carte_id_canonical_key;
