DROP TABLE profile_identifiers;
