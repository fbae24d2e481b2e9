-- What is known of one task, to tell why it did or did not run and what happens next. Nothing here writes.

-- name: task
SELECT t.id, t.store_id, t.name, t.schedule_type, t.interval_seconds, t.anchor_at, t.cron, t.timezone, t.once_at,
    t.enabled, t.paused_until, t.held, t.held_slot, t.next_run_at, t.overlap,
    t.max_retries, t.retry_delay_seconds, t.retry_multiplier, t.retry_cap_seconds, t.retry_jitter, t.retry_on,
    coalesce(t.misfire, s.misfire) AS misfire, t.misfire IS NULL AS misfire_of_store,
    t.budget_nanousd, t.max_turns, t.timeout_seconds, t.watch_path, t.settle_seconds, w.first_look_at,
    w.warning AS watch_warning,
    (SELECT count(*) FROM watched_files AS f WHERE f.task_id = w.task_id AND f.differs_since IS NOT NULL) AS settling_count
FROM tasks AS t
JOIN stores AS s ON s.id = t.store_id
LEFT JOIN file_watches AS w ON w.task_id = t.id AND w.watch_path = t.watch_path
WHERE t.id = :id AND t.store_id = :store_id;

-- name: step
-- Where a sequential task stands in its job, and how far the job's newest pass is.
SELECT j.id AS job_id, j.name AS job_name, j.next_run_at AS next_pass_at, j.timezone AS job_timezone, t.position, p.number AS pass_number, p.state AS pass_state,
    (SELECT count(*) FROM tasks AS o WHERE o.job_id = t.job_id AND o.position IS NOT NULL) AS total,
    (SELECT count(*) FROM job_run_steps AS o WHERE o.job_run_id = p.id) AS pass_total,
    p.position AS pass_position, p.first_position, c.name AS under_way, s.position AS step, s.skip_reason
FROM tasks AS t
JOIN jobs AS j ON j.id = t.job_id
LEFT JOIN job_runs AS p ON p.job_id = j.id AND p.number = (SELECT max(o.number) FROM job_runs AS o WHERE o.job_id = j.id)
LEFT JOIN job_run_steps AS s ON s.job_run_id = p.id AND s.task_id = t.id
LEFT JOIN job_run_steps AS u ON u.job_run_id = p.id AND u.position = p.position
LEFT JOIN tasks AS c ON c.id = u.task_id
WHERE t.id = :task_id AND t.store_id = :store_id AND t.position IS NOT NULL;

-- name: slots
-- What became of the latest slots, newest first.
SELECT l.scheduled_time, l.until_time, l.slot_count, l.disposition, l.processed_at, l.run_id, r.state AS run_state
FROM processed_task_executions AS l
LEFT JOIN runs AS r ON r.id = l.run_id
WHERE l.task_id = :task_id AND l.store_id = :store_id
ORDER BY l.scheduled_time DESC
LIMIT :limit;

-- name: open_runs
-- The live run, then those that wait for their turn.
SELECT id, trigger, job_run_id, rerun_of, scheduled_time, state, waiting_for, waiting_since, not_before, attempt, recoveries, turns,
    cost_nanousd, queued_at, started_at, finished_at, lease_expires_at, cancel_requested_at, error_class, error
FROM runs
WHERE task_id = :task_id AND store_id = :store_id AND state IN ('queued', 'running', 'waiting')
ORDER BY CASE state WHEN 'queued' THEN 2 ELSE 1 END, queued_at, id;

-- name: latest_run
-- The run that ended last.
SELECT id, trigger, job_run_id, rerun_of, scheduled_time, state, waiting_for, waiting_since, not_before, attempt, recoveries, turns,
    cost_nanousd, queued_at, started_at, finished_at, lease_expires_at, cancel_requested_at, error_class, error
FROM runs
WHERE task_id = :task_id AND store_id = :store_id AND finished_at IS NOT NULL
ORDER BY finished_at DESC, queued_at DESC, id DESC
LIMIT 1;

-- name: failed_attempts
SELECT attempt, error_class, error
FROM run_attempts
WHERE run_id = :run_id AND store_id = :store_id AND error_class IS NOT NULL
ORDER BY attempt;

-- name: circuits
SELECT provider, reason, opened_at, retry_at FROM provider_circuits ORDER BY opened_at DESC, provider;

-- name: latest_tick
SELECT ticked_at FROM heartbeat WHERE id = 1;
