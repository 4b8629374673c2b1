CREATE UNIQUE INDEX profiles_email_c_key ON profiles (email_key COLLATE "C");
CREATE UNIQUE INDEX profiles_carte_id_canonical_key ON profiles ((translate(carte_id,
    U&'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
        '\0660\0661\0662\0663\0664\0665\0666\0667\0668\0669'
        '\06F0\06F1\06F2\06F3\06F4\06F5\06F6\06F7\06F8\06F9'
        '\FF10\FF11\FF12\FF13\FF14\FF15\FF16\FF17\FF18\FF19'
        ' -/'
        '\00A0\058A\05BE\1400\1680\1806\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009'
        '\200A\2010\2011\2012\2013\2014\2015\202F\2044\205F\2212\2215\2E17\2E1A\2E3A\2E3B'
        '\2E40\2E5D\3000\301C\3030\30A0\FE31\FE32\FE58\FE63\FF0D\FF0F\+010D6E\+010EAD',
    'abcdefghijklmnopqrstuvwxyz012345678901234567890123456789')) COLLATE "C");

CREATE FUNCTION carte_id_key(carte_id text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT translate(carte_id,
        U&'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
            '\0660\0661\0662\0663\0664\0665\0666\0667\0668\0669'
            '\06F0\06F1\06F2\06F3\06F4\06F5\06F6\06F7\06F8\06F9'
            '\FF10\FF11\FF12\FF13\FF14\FF15\FF16\FF17\FF18\FF19'
            ' -/'
            '\00A0\058A\05BE\1400\1680\1806\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009'
            '\200A\2010\2011\2012\2013\2014\2015\202F\2044\205F\2212\2215\2E17\2E1A\2E3A\2E3B'
            '\2E40\2E5D\3000\301C\3030\30A0\FE31\FE32\FE58\FE63\FF0D\FF0F\+010D6E\+010EAD',
        'abcdefghijklmnopqrstuvwxyz012345678901234567890123456789')
$$;

CREATE FUNCTION set_profile_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.patient_role := CASE NEW.role WHEN 'user' THEN NEW.role END;
    NEW.doctor_role := CASE NEW.role WHEN 'doctor' THEN NEW.role END;
    NEW.hospital_role := CASE NEW.role WHEN 'hospital' THEN NEW.role END;
    NEW.labo_role := CASE NEW.role WHEN 'labo' THEN NEW.role END;
    NEW.approval_role := CASE WHEN NEW.role <> 'user' THEN NEW.role END;
    RETURN NEW;
END
$$;

-- With the rights of the tables' owner, because the previous release's role may have none to the new table. It runs at the
-- statement's end, when this release has inserted its claims.
CREATE FUNCTION claim_identifiers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO identifiers (system, value_key, profile_id, claimed_at)
    VALUES ('email', NEW.email_key, NEW.id, NEW.registered_at),
           ('carte_id', carte_id_key(NEW.carte_id), NEW.id, NEW.registered_at)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TRIGGER profiles_set_roles BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION set_profile_roles();
CREATE TRIGGER profiles_claim_identifiers AFTER INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION claim_identifiers();
