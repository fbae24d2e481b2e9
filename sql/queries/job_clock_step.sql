-- What a clock that was ahead has left behind at jobs; the statements of clock_step about tasks, for jobs.

-- name: ahead
-- Jobs whose cursor stands in a time to come, a page at a time. Nothing suspends the clock of a job.
SELECT id, schedule_type, interval_seconds, anchor_at, cron, timezone, once_at, true AS enabled, NULL AS paused_until,
    cursor_at, created_at, updated_at
FROM jobs
WHERE cursor_at > :latest_at AND id > :after_id
ORDER BY id
LIMIT :limit
-- [postgresql] FOR UPDATE
;

-- name: straddling
SELECT l.job_id AS id, l.scheduled_time, l.disposition, l.until_time, l.slot_count
FROM processed_job_executions AS l
-- [sqlite] JOIN (SELECT value AS job_id FROM json_each(:ids)) AS ahead ON l.job_id = ahead.job_id
-- [postgresql] JOIN (SELECT CAST(value AS uuid) AS job_id FROM json_array_elements_text(CAST(:ids AS json))) AS ahead
-- [postgresql]     ON l.job_id = ahead.job_id
WHERE l.until_time > :now AND l.scheduled_time = (
    SELECT max(past.scheduled_time) FROM processed_job_executions AS past
    WHERE past.job_id = ahead.job_id AND past.scheduled_time <= :now
);

-- name: cut
UPDATE processed_job_executions SET until_time = :until_time, slot_count = :slot_count
WHERE job_id = :id AND scheduled_time = :scheduled_time;

-- name: forget
DELETE FROM processed_job_executions
WHERE scheduled_time > :now AND disposition <> 'claimed'
    -- [sqlite] AND job_id IN (SELECT value FROM json_each(:ids))
    -- [postgresql] AND job_id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
;

-- name: move_back
UPDATE jobs SET cursor_at = d.cursor_at, anchor_at = d.anchor_at, next_run_at = d.next_run_at
FROM (
    -- [sqlite] SELECT value ->> 0 AS id, value ->> 1 AS cursor_at, value ->> 2 AS anchor_at, value ->> 3 AS next_run_at
    -- [sqlite] FROM json_each(:moves)
    -- [postgresql] SELECT CAST(value ->> 0 AS uuid) AS id, CAST(value ->> 1 AS bigint) AS cursor_at,
    -- [postgresql]     CAST(value ->> 2 AS bigint) AS anchor_at, CAST(value ->> 3 AS bigint) AS next_run_at
    -- [postgresql] FROM jsonb_array_elements(CAST(:moves AS jsonb)) AS value
) AS d
WHERE jobs.id = d.id;
