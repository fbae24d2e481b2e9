-- name: exists
SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass('schema_migrations');

-- name: lock
SELECT pg_advisory_xact_lock(7065735237);
