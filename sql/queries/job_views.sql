-- Jobs as people and programs look at them. Nothing here writes.

-- name: newest_passes
-- The newest pass of each job, how far it is, and the run of the step at its position.
SELECT p.id, p.job_id, p.number, p.trigger, p.scheduled_time, p.state, p.position, p.first_position, p.started_at,
    p.finished_at, r.id AS run_id,
    (SELECT count(*) FROM job_run_steps AS s WHERE s.job_run_id = p.id AND s.position <= p.position) AS index_count,
    (SELECT count(*) FROM job_run_steps AS s WHERE s.job_run_id = p.id) AS total_count
FROM job_runs AS p
LEFT JOIN runs AS r ON r.job_run_id = p.id AND r.position = p.position
WHERE p.number = (SELECT max(other.number) FROM job_runs AS other WHERE other.job_id = p.job_id)
    -- [sqlite] AND p.job_id IN (SELECT value FROM json_each(:ids))
    -- [postgresql] AND p.job_id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
;

-- name: tasks
-- The tasks of jobs: the sequential ones in their order, then the others; with what the newest pass did with each.
SELECT t.id, t.job_id, t.name, t.position, t.enabled, t.schedule_type, t.interval_seconds, t.anchor_at, t.cron, t.timezone,
    t.once_at, s.position AS step, s.skip_reason, r.id AS run_id, r.state
FROM tasks AS t
LEFT JOIN job_runs AS p ON p.job_id = t.job_id
    AND p.number = (SELECT max(other.number) FROM job_runs AS other WHERE other.job_id = t.job_id)
LEFT JOIN job_run_steps AS s ON s.job_run_id = p.id AND s.task_id = t.id
LEFT JOIN runs AS r ON r.job_run_id = p.id AND r.position = s.position
-- [sqlite] WHERE t.job_id IN (SELECT value FROM json_each(:ids))
-- [postgresql] WHERE t.job_id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
ORDER BY t.job_id, t.position IS NULL, t.position, t.created_at, t.id;

-- name: count_unassigned
SELECT count(*) AS task_count FROM tasks WHERE store_id = :store_id AND job_id IS NULL;

-- name: named_tasks
SELECT t.id, t.name, t.job_id, t.position, j.name AS job_name
FROM tasks AS t
LEFT JOIN jobs AS j ON j.id = t.job_id
WHERE t.store_id = :store_id
    -- [sqlite] AND t.id IN (SELECT value FROM json_each(:ids))
    -- [postgresql] AND t.id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
;

-- name: contents
-- What goes with a job when it is deleted.
SELECT count(*) AS task_count,
    (
        SELECT count(*) FROM runs AS r
        WHERE r.task_id IN (SELECT own.id FROM tasks AS own WHERE own.store_id = :store_id AND own.job_id = :job_id)
    ) AS run_count,
    (SELECT count(*) FROM job_runs AS p WHERE p.job_id = :job_id) AS pass_count
FROM tasks AS t
WHERE t.store_id = :store_id AND t.job_id = :job_id;
