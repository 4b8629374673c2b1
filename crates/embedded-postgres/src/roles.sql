-- Creates the roles in the database that it runs in, and gives each its rights. It runs in
-- `template1` before the database is created from it, and in a database whose service is still the
-- superuser. Changes nothing the second time.
--
-- The settings `embedded_postgres.…` are the names. It is one transaction, run by a server in
-- single-user mode, which takes an empty line for the end of a statement.
DO $roles$
DECLARE
    superuser CONSTANT oid := 10;
    first_superuser name := (SELECT rolname FROM pg_authid WHERE oid = superuser);
    database_name CONSTANT name := current_setting('embedded_postgres.database');
    owner_role CONSTANT name := current_setting('embedded_postgres.owner');
    service_role CONSTANT name := current_setting('embedded_postgres.service');
    new_role name;
    statement text;
BEGIN
    IF first_superuser <> 'postgres' THEN
        -- The role that initdb created can be neither dropped nor made an ordinary role.
        IF EXISTS (SELECT FROM pg_authid WHERE rolname = 'postgres') THEN
            ALTER ROLE postgres RENAME TO former_postgres;
        END IF;
        -- A session cannot rename its own role.
        CREATE ROLE embedded_postgres_renaming SUPERUSER;
        SET SESSION AUTHORIZATION embedded_postgres_renaming;
        EXECUTE format('ALTER ROLE %I RENAME TO postgres', first_superuser);
        SET SESSION AUTHORIZATION postgres;
        DROP ROLE embedded_postgres_renaming;
    END IF;
    FOREACH new_role IN ARRAY ARRAY[owner_role, service_role] LOOP
        IF NOT EXISTS (SELECT FROM pg_authid WHERE rolname = new_role) THEN
            EXECUTE format('CREATE ROLE %I', new_role);
        END IF;
        EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', new_role);
    END LOOP;
    -- A schema migration can then report which session holds the lock that it waits for.
    EXECUTE format('GRANT pg_read_all_stats TO %I', owner_role);
    IF EXISTS (SELECT FROM pg_database WHERE datname = database_name AND datdba = superuser) THEN
        EXECUTE format('ALTER DATABASE %I OWNER TO %I', database_name, owner_role);
    END IF;
    -- The default since Postgres 15: only the owner of the database creates tables in this schema.
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
        SELECT format('ALTER %s %s OWNER TO %I', replace(object.type, 'composite type', 'type'), object.identity, owner_role)
        FROM owned, pg_identify_object(class, id, 0) AS object
        -- Objects with smaller numbers are the system's. Extensions keep their objects, and a
        -- column's sequence follows its table.
        WHERE id >= 16384 AND NOT EXISTS (
            SELECT FROM pg_depend
            WHERE classid = class AND objid = id AND (deptype = 'e' OR is_part AND deptype IN ('a', 'i')))
    LOOP
        EXECUTE statement;
    END LOOP;
    -- The role that serves may read what exists, and dump it. The program grants more after each of
    -- its migrations.
    FOR statement IN
        SELECT CASE WHEN has_schema_privilege(service_role, oid, 'USAGE') THEN ''
                    ELSE format('GRANT USAGE ON SCHEMA %I TO %I; ', nspname, service_role) END
            || format('GRANT SELECT ON ALL TABLES IN SCHEMA %1$I TO %2$I; GRANT SELECT ON ALL SEQUENCES IN SCHEMA %1$I TO %2$I',
                      nspname, service_role)
        FROM pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
          AND EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S'))
    LOOP
        EXECUTE statement;
    END LOOP;
END
$roles$;

