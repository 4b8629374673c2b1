-- Gives the roles what is theirs, in the database that it runs in: in `template1` before the service's database is made from
-- it, and in a database of a release whose service was the superuser. Changes nothing the second time.
--
-- It is one transaction, run by a server in single-user mode, which takes an empty line for the end of a statement.
DO $roles$
DECLARE
    superuser CONSTANT oid := 10;
    first_superuser name := (SELECT rolname FROM pg_authid WHERE oid = superuser);
    statement text;
BEGIN
    IF first_superuser <> 'postgres' THEN
        -- The role that initdb made can be neither dropped nor made an ordinary one.
        IF EXISTS (SELECT FROM pg_authid WHERE rolname = 'postgres') THEN
            ALTER ROLE postgres RENAME TO former_postgres;
        END IF;
        -- A session cannot rename its own role.
        CREATE ROLE sihha_renaming SUPERUSER;
        SET SESSION AUTHORIZATION sihha_renaming;
        EXECUTE format('ALTER ROLE %I RENAME TO postgres', first_superuser);
        SET SESSION AUTHORIZATION postgres;
        DROP ROLE sihha_renaming;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_authid WHERE rolname = 'sihha_owner') THEN
        CREATE ROLE sihha_owner;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_authid WHERE rolname = 'sihha') THEN
        CREATE ROLE sihha;
    END IF;
    ALTER ROLE sihha_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    ALTER ROLE sihha LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    -- A migration tells who holds the lock that it waits for.
    GRANT pg_read_all_stats TO sihha_owner;
    IF EXISTS (SELECT FROM pg_database WHERE datname = 'sihha' AND datdba = superuser) THEN
        ALTER DATABASE sihha OWNER TO sihha_owner;
    END IF;
    -- As Postgres 15 has it from the start: the database's owner makes tables there, and nobody else.
    IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public') THEN
        IF (SELECT nspowner FROM pg_namespace WHERE nspname = 'public') = superuser THEN
            ALTER SCHEMA public OWNER TO pg_database_owner;
        END IF;
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    END IF;
    FOR statement IN
        WITH owned (class, id, is_part) AS (
            SELECT 'pg_namespace'::regclass, oid, false FROM pg_namespace
            WHERE nspowner = superuser AND nspname !~ '^pg_'
            UNION ALL
            SELECT 'pg_class'::regclass, oid, relkind = 'S' FROM pg_class
            WHERE relowner = superuser AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND relpersistence <> 't'
            UNION ALL
            SELECT 'pg_proc'::regclass, oid, false FROM pg_proc WHERE proowner = superuser
            UNION ALL
            SELECT 'pg_type'::regclass, oid, true FROM pg_type WHERE typowner = superuser AND typrelid = 0 AND typcategory <> 'A'
        )
        SELECT format('ALTER %s %s OWNER TO sihha_owner', replace(object.type, 'composite type', 'type'), object.identity)
        FROM owned, pg_identify_object(class, id, 0) AS object
        -- Below are the system's own. Extensions keep their objects, and the sequence of a column goes with its table.
        WHERE id >= 16384 AND NOT EXISTS (
            SELECT FROM pg_depend
            WHERE classid = class AND objid = id AND (deptype = 'e' OR is_part AND deptype IN ('a', 'i')))
    LOOP
        EXECUTE statement;
    END LOOP;
    -- What is there can still be read and dumped as the service's role. More is granted after each migration.
    FOR statement IN
        SELECT CASE WHEN has_schema_privilege('sihha', oid, 'USAGE') THEN '' ELSE format('GRANT USAGE ON SCHEMA %I TO sihha; ', nspname) END
            || format('GRANT SELECT ON ALL TABLES IN SCHEMA %1$I TO sihha; GRANT SELECT ON ALL SEQUENCES IN SCHEMA %1$I TO sihha', nspname)
        FROM pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
          AND EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S'))
    LOOP
        EXECUTE statement;
    END LOOP;
END
$roles$;

