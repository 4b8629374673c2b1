ALTER TABLE suspensions
    DROP COLUMN suspension_id,
    ALTER COLUMN id DROP DEFAULT,
    ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;
SELECT setval(pg_get_serial_sequence('suspensions', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM suspensions), false);
