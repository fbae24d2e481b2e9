-- Slots of jobs that have a clock of their own: ledger rows, the moved cursor and the pass, in one transaction.

-- name: due
-- The jobs whose next slot has come, a page at a time; the last page's end is (:after_at, :after_id).
SELECT id, next_run_at FROM jobs
WHERE next_run_at <= :now
    AND (:store_id IS NULL OR store_id = :store_id)
    AND (next_run_at, id) > (:after_at, :after_id)
ORDER BY next_run_at, id
LIMIT :limit;

-- name: hold
-- Those of them that are due still and that nobody else is at.
SELECT id FROM jobs
WHERE next_run_at <= :now
    -- [sqlite] AND id IN (SELECT value FROM json_each(:ids))
    -- [postgresql] AND id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
ORDER BY id
-- [postgresql] FOR UPDATE SKIP LOCKED
;

-- name: standing
SELECT j.id, j.store_id, j.name, j.schedule_type, j.interval_seconds, j.anchor_at, j.cron, j.timezone, j.once_at,
    j.cursor_at, s.misfire,
    EXISTS (SELECT 1 FROM job_runs AS p WHERE p.job_id = j.id AND p.state = 'running') AS is_running
FROM jobs AS j
JOIN stores AS s ON s.id = j.store_id
-- [sqlite] WHERE j.id IN (SELECT value FROM json_each(:ids))
-- [postgresql] WHERE j.id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
ORDER BY j.id;

-- name: advance
-- The caller holds these jobs.
UPDATE jobs SET cursor_at = d.cursor_at, next_run_at = d.next_run_at
FROM (
    -- [sqlite] SELECT value ->> 0 AS id, value ->> 1 AS cursor_at, value ->> 2 AS next_run_at FROM json_each(:moves)
    -- [postgresql] SELECT CAST(value ->> 0 AS uuid) AS id, CAST(value ->> 1 AS bigint) AS cursor_at,
    -- [postgresql]     CAST(value ->> 2 AS bigint) AS next_run_at FROM jsonb_array_elements(CAST(:moves AS jsonb)) AS value
) AS d
WHERE jobs.id = d.id;

-- name: record
-- What it gives back was won: a slot may have its row already, because it ran while the clock was ahead.
INSERT INTO processed_job_executions
    (job_id, store_id, scheduled_time, disposition, job_run_id, until_time, slot_count, processed_at)
-- [sqlite] SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, :now
-- [sqlite] FROM json_each(:entries)
-- [postgresql] SELECT CAST(value ->> 0 AS uuid), CAST(value ->> 1 AS uuid), CAST(value ->> 2 AS bigint), value ->> 3,
-- [postgresql]     CAST(value ->> 4 AS uuid), CAST(value ->> 5 AS bigint), CAST(value ->> 6 AS bigint), :now
-- [postgresql] FROM jsonb_array_elements(CAST(:entries AS jsonb)) AS value
WHERE true
ON CONFLICT (job_id, scheduled_time, store_id) DO NOTHING
RETURNING job_id, store_id, scheduled_time, disposition, job_run_id, until_time, slot_count;

-- name: claimed_within
-- Claims that lie in ranges of slots which are about to be accounted for.
SELECT l.job_id AS id, g.begins_at, l.scheduled_time
-- [sqlite] FROM (
-- [sqlite]     SELECT value ->> 0 AS job_id, value ->> 1 AS begins_at, value ->> 2 AS ends_at FROM json_each(:ranges)
-- [sqlite] ) AS g
-- [postgresql] FROM (
-- [postgresql]     SELECT CAST(value ->> 0 AS uuid) AS job_id, CAST(value ->> 1 AS bigint) AS begins_at,
-- [postgresql]         CAST(value ->> 2 AS bigint) AS ends_at
-- [postgresql]     FROM jsonb_array_elements(CAST(:ranges AS jsonb)) AS value
-- [postgresql] ) AS g
JOIN processed_job_executions AS l
    ON l.job_id = g.job_id AND l.scheduled_time >= g.begins_at AND l.scheduled_time <= g.ends_at
    AND l.disposition = 'claimed';
