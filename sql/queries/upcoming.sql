-- What comes next. Of the first N slots each belongs to one of the N rows whose next slot comes first; rows that are due
-- are all needed, because they show the newest of their due slots instead of the next one.

-- name: tasks
SELECT t.id, t.name, t.job_id, t.schedule_type, t.interval_seconds, t.anchor_at, t.cron, t.timezone, t.once_at,
    t.next_run_at, t.paused_until
FROM tasks AS t
WHERE t.store_id = :store_id AND t.next_run_at <= :until_at
    -- a pause that covers the only slot leaves none to come
    AND (t.once_at IS NULL OR t.paused_until IS NULL OR t.once_at > t.paused_until)
ORDER BY t.next_run_at, t.id
LIMIT :limit + (SELECT count(*) FROM tasks WHERE store_id = :store_id AND next_run_at <= :now);

-- name: jobs
SELECT j.id, j.name, j.id AS job_id, j.schedule_type, j.interval_seconds, j.anchor_at, j.cron, j.timezone, j.once_at,
    j.next_run_at, NULL AS paused_until
FROM jobs AS j
WHERE j.store_id = :store_id AND j.next_run_at <= :until_at
ORDER BY j.next_run_at, j.id
LIMIT :limit + (SELECT count(*) FROM jobs WHERE store_id = :store_id AND next_run_at <= :now);
