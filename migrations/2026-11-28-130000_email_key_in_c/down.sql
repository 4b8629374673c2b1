DROP INDEX profiles_email_c_key;
