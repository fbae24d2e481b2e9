-- What a dry run has to know about runs to say why they would start. Nothing here writes.

-- name: runs
-- `live_id` is another run of the task, which is under way and has to end first.
SELECT r.id, r.state, r.trigger, r.queued_at, r.attempt, r.waiting_for, r.waiting_since, r.lease_expires_at,
    r.scheduled_time, r.rerun_of, t.timezone, t.max_retries, j.id AS job_id, j.name AS job_name, p.number AS pass_number,
    (SELECT count(*) FROM job_run_steps AS s WHERE s.job_run_id = p.id AND s.position <= r.position) AS index_count,
    (SELECT count(*) FROM job_run_steps AS s WHERE s.job_run_id = p.id) AS total_count,
    (
        SELECT l.id FROM runs AS l
        -- [sqlite] INDEXED BY runs_live
        WHERE l.task_id = r.task_id AND l.state IN ('running', 'waiting') AND l.id <> r.id
    ) AS live_id
FROM runs AS r
JOIN tasks AS t ON t.id = r.task_id
LEFT JOIN job_runs AS p ON p.id = r.job_run_id
LEFT JOIN jobs AS j ON j.id = p.job_id
-- [sqlite] WHERE r.id IN (SELECT value FROM json_each(:ids));
-- [postgresql] WHERE r.id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)));
