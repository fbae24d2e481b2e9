-- What people do to a run that has not ended: cancel it, or take it from its worker.

-- name: look_at
-- Locks the run, so that what is decided by its state is still true when it is written.
SELECT id, store_id, task_id, job_run_id, state, attempt, fence, started_at
FROM runs
WHERE id = :id AND store_id = :store_id
-- [postgresql] FOR UPDATE
;

-- name: cancel
UPDATE runs
SET state = 'cancelled', cancel_requested_at = :now, finished_at = :now,
    waiting_for = NULL, not_before = NULL, waiting_since = NULL
WHERE id = :id AND state IN ('queued', 'waiting') AND fence = :fence
RETURNING id, store_id, task_id, job_run_id, attempt, cost_nanousd,
    (SELECT t.schedule_type = 'adaptive' FROM tasks AS t WHERE t.id = runs.task_id) AS is_adaptive;

-- name: request_cancel
-- The worker hears of it with its next step; who asks again changes nothing.
UPDATE runs SET cancel_requested_at = :now
WHERE id = :id AND state = 'running' AND fence = :fence AND cancel_requested_at IS NULL;

-- name: refuse_calls
-- Tool calls that nobody will make any more; of one that was begun nobody knows how it ended.
UPDATE tool_calls
SET state = CASE WHEN state = 'started' THEN 'unknown' ELSE 'denied' END, finished_at = :now,
    result = CASE WHEN state = 'started' THEN 'Nobody knows whether this happened: it was interrupted' ELSE :result END
WHERE run_id = :run_id AND state IN ('intended', 'started');

-- name: locked
-- A run that a worker holds, whoever that is; or all that a silent one holds.
SELECT r.id, r.fence, r.lease_expires_at, r.lease_expires_at >= :now AS is_alive
FROM runs AS r
WHERE r.store_id = :store_id AND r.state = 'running'
    AND (r.id = :id OR (:id IS NULL AND r.lease_expires_at < :now))
ORDER BY r.lease_expires_at, r.id;

-- name: unlock
-- Handed back as a worker would do it, and with a higher fence, so that its worker can write nothing more.
UPDATE runs
SET state = 'waiting', waiting_for = 'resume', not_before = :now, waiting_since = coalesce(waiting_since, :now),
    fence = fence + 1, worker_id = NULL, lease_expires_at = NULL
WHERE id = :id AND store_id = :store_id AND state = 'running' AND fence = :fence
RETURNING id, store_id, task_id, job_run_id, attempt;

-- name: charge
UPDATE runs SET cost_nanousd = cost_nanousd + :lost_nanousd WHERE id = :id;
