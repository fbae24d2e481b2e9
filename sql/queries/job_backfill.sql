-- Backfill of jobs that have a clock of their own: slots for which no pass began get theirs after all, one after the other.
-- A claim before the cursor goes through the UPDATE below, under the lock of the job's row. Nothing moves the schedule.

-- name: find
SELECT id, store_id, name, schedule_type, interval_seconds, anchor_at, cron, timezone, once_at, cursor_at, next_run_at,
    false AS held, created_at
FROM jobs
WHERE id = :id AND (:store_id IS NULL OR store_id = :store_id);

-- name: lock
-- Nothing where somebody else holds the row.
SELECT id, store_id, name, schedule_type, interval_seconds, anchor_at, cron, timezone, once_at, cursor_at, next_run_at,
    false AS held, created_at
FROM jobs
WHERE id = :id
-- [postgresql] FOR UPDATE SKIP LOCKED
;

-- name: with_missed
-- Jobs that have a task to run, with slots missed since then.
SELECT j.id
FROM jobs AS j
WHERE (:store_id IS NULL OR j.store_id = :store_id)
    AND EXISTS (
        SELECT 1 FROM processed_job_executions AS l
        WHERE l.job_id = j.id AND l.store_id = j.store_id AND l.disposition = 'missed'
            AND coalesce(l.until_time, l.scheduled_time) >= :from_at
    )
    AND EXISTS (
        SELECT 1 FROM tasks AS t
        WHERE t.store_id = j.store_id AND t.job_id = j.id AND t.position IS NOT NULL AND t.enabled
    )
ORDER BY j.id;

-- name: has_steps
-- Whether a pass that began now would run anything.
SELECT EXISTS (SELECT 1 FROM tasks AS t WHERE t.job_id = :owner_id AND t.position IS NOT NULL AND t.enabled);

-- name: under_way
-- The pass that runs, and the task of the step it is at.
SELECT p.id, r.task_id
FROM job_runs AS p
JOIN runs AS r ON r.job_run_id = p.id AND r.state IN ('queued', 'running', 'waiting')
WHERE p.job_id = :owner_id AND p.state = 'running';

-- name: mean_cost
-- What a whole pass of the job cost lately, in the mean.
SELECT CAST(avg(latest.cost_nanousd) AS bigint) AS mean_nanousd
FROM (
    SELECT sum(r.cost_nanousd) AS cost_nanousd
    FROM runs AS r
    WHERE r.job_run_id IN (
        SELECT p.id FROM job_runs AS p
        WHERE p.job_id = :owner_id AND p.state = 'succeeded' AND p.first_position = 1
        ORDER BY p.number DESC
        LIMIT :limit
    )
    GROUP BY r.job_run_id
) AS latest;

-- name: unclaimed
-- How many slots of their own row have no pass, with the first and the last of them.
SELECT count(*) AS slot_count, min(l.scheduled_time) AS first, max(l.scheduled_time) AS last
FROM processed_job_executions AS l
WHERE l.job_id = :owner_id AND l.store_id = :store_id AND l.scheduled_time BETWEEN :from_at AND :until_at
    AND l.disposition <> 'claimed' AND l.until_time IS NULL AND (NOT :is_missed OR l.disposition = 'missed');

-- name: ranges
-- Rows that stand for many slots and reach into the span.
SELECT l.scheduled_time, l.disposition, l.until_time, l.slot_count
FROM processed_job_executions AS l
WHERE l.job_id = :owner_id AND l.store_id = :store_id AND l.scheduled_time <= :until_at
    AND l.until_time >= :from_at AND (NOT :is_missed OR l.disposition = 'missed')
ORDER BY l.scheduled_time;

-- name: next
-- The first row, or the last, in which a slot is left. Before the span only the row next to it can reach into it.
SELECT l.scheduled_time, l.disposition, l.until_time, l.slot_count, NULL AS run_id
FROM processed_job_executions AS l
WHERE l.job_id = :owner_id AND l.store_id = :store_id AND l.scheduled_time <= :until_at
    AND l.scheduled_time >= coalesce((
        SELECT max(p.scheduled_time) FROM processed_job_executions AS p
        WHERE p.job_id = :owner_id AND p.store_id = :store_id AND p.scheduled_time < :from_at
    ), :from_at)
    AND coalesce(l.until_time, l.scheduled_time) >= :from_at
    AND l.disposition <> 'claimed' AND (NOT :is_missed OR l.disposition = 'missed')
ORDER BY CASE WHEN :is_newest_first THEN -l.scheduled_time ELSE l.scheduled_time END
LIMIT 1;

-- name: add_part
-- A part of a range becomes a row of its own, as old as the range.
INSERT INTO processed_job_executions
    (job_id, scheduled_time, store_id, disposition, until_time, slot_count, processed_at)
SELECT job_id, :scheduled_time, store_id, disposition, :until_time, :slot_count, processed_at
FROM processed_job_executions
WHERE job_id = :owner_id AND scheduled_time = :range_time AND store_id = :store_id;

-- name: shorten
-- The range's own row keeps its first part.
UPDATE processed_job_executions
SET until_time = :until_time, slot_count = :slot_count
WHERE job_id = :owner_id AND scheduled_time = :range_time AND store_id = :store_id;

-- name: claim
UPDATE processed_job_executions
SET disposition = 'claimed', job_run_id = :run_id, until_time = NULL, processed_at = :now
WHERE job_id = :owner_id AND scheduled_time = :scheduled_time AND store_id = :store_id
    AND disposition <> 'claimed' AND slot_count = 1;
