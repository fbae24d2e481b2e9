-- The same statements with the JSON functions of Postgres.

-- name: remember
INSERT INTO watched_files
    (task_id, store_id, path, size_bytes, mtime_ns, inode, hash, seen_size_bytes, seen_mtime_ns, seen_inode, differs_since)
SELECT :task_id, :store_id, value ->> 0, CAST(value ->> 1 AS bigint), CAST(value ->> 2 AS bigint),
    CAST(value ->> 3 AS bigint), value ->> 4, CAST(value ->> 5 AS bigint), CAST(value ->> 6 AS bigint),
    CAST(value ->> 7 AS bigint), CAST(value ->> 8 AS bigint)
FROM jsonb_array_elements(CAST(:files AS jsonb)) AS value
ON CONFLICT (task_id, path) DO UPDATE SET
    size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, inode = excluded.inode, hash = excluded.hash,
    seen_size_bytes = excluded.seen_size_bytes, seen_mtime_ns = excluded.seen_mtime_ns,
    seen_inode = excluded.seen_inode, differs_since = excluded.differs_since;

-- name: forget_files
DELETE FROM watched_files
WHERE task_id = :task_id AND path IN (SELECT value FROM jsonb_array_elements_text(CAST(:paths AS jsonb)));

-- name: hand_on
INSERT INTO run_changes (run_id, store_id, path, change, size_bytes)
SELECT :run_id, :store_id, value ->> 0, value ->> 1, CAST(value ->> 2 AS bigint)
FROM jsonb_array_elements(CAST(:changes AS jsonb)) AS value;
