-- File watches: what is remembered between looks, compare-and-set on the number of the look.
-- Whoever writes holds the task's row first; runs of the task are only made, never changed.

-- name: any
-- Does any task look at files now?
SELECT 1 FROM tasks
WHERE schedule_type = 'file_watch' AND enabled AND (paused_until IS NULL OR paused_until <= :now)
    AND (:store_id IS NULL OR store_id = :store_id)
LIMIT 1;

-- name: list
-- The tasks that watch, with what their looks left behind.
SELECT t.id, t.store_id, t.watch_path, t.settle_seconds, w.watch_path AS known_path,
    coalesce(w.look_count, 0) AS look_count, w.first_look_at, coalesce(w.is_folder, false) AS is_folder, w.device,
    w.warning, t.paused_until,
    EXISTS (
        SELECT 1 FROM runs AS r
        -- [sqlite] INDEXED BY runs_open
        WHERE r.task_id = t.id AND r.state IN ('queued', 'running', 'waiting')
    ) AS has_open_run
FROM tasks AS t
LEFT JOIN file_watches AS w ON w.task_id = t.id
WHERE t.schedule_type = 'file_watch' AND t.enabled
    AND (t.paused_until IS NULL OR t.paused_until <= :now)
    AND (:store_id IS NULL OR t.store_id = :store_id)
ORDER BY w.warning IS NOT NULL, t.store_id, t.id;

-- name: end_pauses
UPDATE tasks SET paused_until = NULL
WHERE schedule_type = 'file_watch' AND paused_until <= :now
    -- [sqlite] AND id IN (SELECT value FROM json_each(:ids))
    -- [postgresql] AND id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
;

-- name: warnings
-- What the latest look of each task could not see.
SELECT w.task_id, w.warning
FROM file_watches AS w
JOIN tasks AS t ON t.id = w.task_id AND t.watch_path = w.watch_path
-- [sqlite] WHERE w.task_id IN (SELECT value FROM json_each(:ids))
-- [postgresql] WHERE w.task_id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
;

-- name: remembered
-- A page of the files of a watch in the order of their paths, bytes as numbers.
SELECT f.path, f.size_bytes, f.mtime_ns, f.inode, f.hash, f.seen_size_bytes, f.seen_mtime_ns, f.seen_inode,
    f.differs_since
FROM watched_files AS f
WHERE f.task_id = :task_id AND f.path > :after_path
ORDER BY f.path
LIMIT :limit;

-- name: lock
-- The task is held as long as it still watches this path, and was not paused meanwhile.
SELECT id FROM tasks
WHERE id = :task_id AND schedule_type = 'file_watch' AND enabled AND watch_path = :watch_path
    AND (paused_until IS NULL OR paused_until <= :now)
-- [postgresql] FOR UPDATE
;

-- name: forget
DELETE FROM file_watches WHERE task_id = :task_id;

-- name: forget_other
-- What was remembered of another path, unless a look at this one has come first.
DELETE FROM file_watches WHERE task_id = :task_id AND watch_path <> :watch_path;

-- name: begin
INSERT INTO file_watches (task_id, store_id, watch_path, first_look_at, is_folder, device, warning)
SELECT t.id, t.store_id, t.watch_path, :first_look_at, :is_folder, :device_count, :warning FROM tasks AS t WHERE t.id = :task_id
ON CONFLICT (task_id) DO NOTHING;

-- name: go_on
UPDATE file_watches
SET look_count = look_count + 1, first_look_at = :first_look_at, is_folder = :is_folder, device = :device_count, warning = :warning
WHERE task_id = :task_id AND look_count = :look_count AND watch_path = :watch_path;

-- name: remember
INSERT INTO watched_files
    (task_id, store_id, path, size_bytes, mtime_ns, inode, hash, seen_size_bytes, seen_mtime_ns, seen_inode, differs_since)
SELECT :task_id, :store_id, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
    value ->> 7, value ->> 8
FROM json_each(:files)
WHERE true
ON CONFLICT (task_id, path) DO UPDATE SET
    size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, inode = excluded.inode, hash = excluded.hash,
    seen_size_bytes = excluded.seen_size_bytes, seen_mtime_ns = excluded.seen_mtime_ns,
    seen_inode = excluded.seen_inode, differs_since = excluded.differs_since;

-- name: forget_files
DELETE FROM watched_files WHERE task_id = :task_id AND path IN (SELECT value FROM json_each(:paths));

-- name: hand_on
INSERT INTO run_changes (run_id, store_id, path, change, size_bytes)
SELECT :run_id, :store_id, value ->> 0, value ->> 1, value ->> 2 FROM json_each(:changes);

-- name: changes
-- What a run was told; one that repeats another is told the same.
WITH RECURSIVE told (id, rerun_of) AS (
    SELECT r.id, r.rerun_of FROM runs AS r WHERE r.id = :run_id AND r.store_id = :store_id
    UNION ALL
    SELECT r.id, r.rerun_of FROM told JOIN runs AS r ON r.id = told.rerun_of
)
SELECT c.path, c.change, c.size_bytes
FROM told CROSS JOIN run_changes AS c -- in this order, which SQLite would not take by itself
WHERE c.run_id = told.id
ORDER BY c.path
LIMIT :limit OFFSET :skipped_count;

-- name: changes_count
WITH RECURSIVE told (id, rerun_of) AS (
    SELECT r.id, r.rerun_of FROM runs AS r WHERE r.id = :run_id AND r.store_id = :store_id
    UNION ALL
    SELECT r.id, r.rerun_of FROM told JOIN runs AS r ON r.id = told.rerun_of
)
SELECT count(*) FROM told CROSS JOIN run_changes AS c WHERE c.run_id = told.id;
