-- A run's life. Every change is compare-and-set on (id, state, fence); a claim raises the fence.

-- name: request
INSERT INTO runs (id, store_id, task_id, trigger, scheduled_time, rerun_of, idempotency_key, state, priority, queued_at)
SELECT :id, t.store_id, t.id, :trigger, :scheduled_time, :rerun_of_id, :idempotency_key, 'queued', t.priority, :now
FROM tasks AS t
WHERE t.id = :task_id AND t.store_id = :store_id;

-- name: assignment
SELECT t.id, t.store_id, t.name, t.prompt, t.model, t.tools, t.max_turns, t.timeout_seconds, t.budget_nanousd,
    r.turns, r.tool_calls, r.cost_nanousd, r.active_ms, t.schedule_type, r.position, r.trigger
FROM runs AS r
JOIN tasks AS t ON t.id = r.task_id
WHERE r.id = :id;

-- name: retry_settings
SELECT t.max_retries, t.retry_delay_seconds, t.retry_multiplier, t.retry_cap_seconds, t.retry_jitter, t.retry_on
FROM runs AS r
JOIN tasks AS t ON t.id = r.task_id
WHERE r.id = :id;

-- name: exists
SELECT 1 FROM runs WHERE id = :id;

-- name: waiting_since
SELECT waiting_since FROM runs WHERE id = :id;

-- name: open_of_task
SELECT id, state FROM runs WHERE task_id = :task_id AND state IN ('queued', 'running', 'waiting') ORDER BY queued_at LIMIT 1;

-- name: start
-- Queued runs by priority; a task's oldest queued run only, and only when the task has no live one.
UPDATE runs
SET state = 'running', attempt = attempt + 1, fence = fence + 1, worker_id = :worker_id,
    lease_expires_at = :lease_at, started_at = coalesce(started_at, :now)
WHERE id IN (
    SELECT r.id
    FROM runs AS r
    WHERE r.state = 'queued'
        AND (:id IS NULL OR r.id = :id)
        AND (:job_run_id IS NULL OR r.job_run_id = :job_run_id)
        AND (:store_id IS NULL OR r.store_id = :store_id)
        AND NOT EXISTS (
            SELECT 1 FROM runs AS live WHERE live.task_id = r.task_id AND live.state IN ('running', 'waiting')
        )
        AND NOT EXISTS (
            SELECT 1 FROM runs AS earlier
            -- [sqlite] INDEXED BY runs_open
            WHERE earlier.task_id = r.task_id AND earlier.state IN ('queued', 'running', 'waiting')
                AND (earlier.queued_at, earlier.id) < (r.queued_at, r.id)
        )
    ORDER BY r.priority, r.queued_at, r.id
    LIMIT :limit
    -- [postgresql] FOR UPDATE SKIP LOCKED
)
RETURNING id, store_id, task_id, job_run_id, fence, attempt, recoveries, cancel_requested_at,
    -- nobody has opened the conversation of this attempt
    NOT EXISTS (SELECT 1 FROM run_attempts AS a WHERE a.run_id = runs.id AND a.attempt = runs.attempt) AS is_start;

-- name: resume
-- Waiting runs whose time has come. A retry is a new start; everything else goes on where it was. One that was recovered
-- often is a suspect no more when it has passed a turn since.
UPDATE runs
SET state = 'running', attempt = attempt + CASE WHEN waiting_for = 'retry' THEN 1 ELSE 0 END,
    -- how long the provider keeps it waiting is counted through all its resumptions
    waiting_since = CASE WHEN waiting_for = 'provider' THEN waiting_since END, waiting_for = NULL,
    not_before = NULL, fence = fence + 1, worker_id = :worker_id, lease_expires_at = :lease_at
WHERE id IN (
    SELECT r.id
    FROM runs AS r
    WHERE r.state = 'waiting' AND r.not_before <= :ready_at
        AND (
            :is_suspect IS NULL
            OR (
                r.recoveries >= :suspect_count AND r.cancel_requested_at IS NULL
                -- see passed_turn
                AND NOT EXISTS (
                    SELECT 1
                    FROM llm_calls AS c
                    JOIN turns AS t ON t.run_id = c.run_id AND t.turn = c.turn
                    WHERE c.run_id = r.id AND c.fence >= r.recovery_fence AND c.state = 'answered'
                        AND (t.reply IS NOT NULL OR coalesce(t.stop_reason, '') <> 'tool_use')
                )
            ) = :is_suspect
        )
        AND (:id IS NULL OR r.id = :id)
        AND (:job_run_id IS NULL OR r.job_run_id = :job_run_id)
        AND (:store_id IS NULL OR r.store_id = :store_id)
    ORDER BY r.not_before, r.id
    LIMIT :limit
    -- [postgresql] FOR UPDATE SKIP LOCKED
)
RETURNING id, store_id, task_id, job_run_id, fence, attempt, recoveries, cancel_requested_at,
    -- nobody has opened the conversation of this attempt
    NOT EXISTS (SELECT 1 FROM run_attempts AS a WHERE a.run_id = runs.id AND a.attempt = runs.attempt) AS is_start;

-- name: take_over
-- Runs whose worker went silent. One that will not be executed, because it was recovered too often, is no suspect.
UPDATE runs
SET fence = fence + 1, recovery_fence = fence + 1, recoveries = recoveries + 1, worker_id = :worker_id, lease_expires_at = :lease_at
WHERE id IN (
    SELECT r.id
    FROM runs AS r
    WHERE r.state = 'running' AND r.lease_expires_at < :ready_at
        AND (
            :is_suspect IS NULL
            OR (r.recoveries + 1 BETWEEN :suspect_count AND :most_count AND r.cancel_requested_at IS NULL) = :is_suspect
        )
        AND (:id IS NULL OR r.id = :id)
        AND (:job_run_id IS NULL OR r.job_run_id = :job_run_id)
        AND (:store_id IS NULL OR r.store_id = :store_id)
    ORDER BY r.lease_expires_at, r.id
    LIMIT :limit
    -- [postgresql] FOR UPDATE SKIP LOCKED
)
RETURNING id, store_id, task_id, job_run_id, fence, attempt, recoveries, cancel_requested_at,
    -- nobody has opened the conversation of this attempt
    NOT EXISTS (SELECT 1 FROM run_attempts AS a WHERE a.run_id = runs.id AND a.attempt = runs.attempt) AS is_start;

-- name: held
SELECT id, store_id, task_id, fence, attempt, recoveries, cancel_requested_at
FROM runs WHERE worker_id = :worker_id AND state = 'running';

-- name: renew
UPDATE runs SET lease_expires_at = :lease_at WHERE worker_id = :worker_id AND state = 'running';

-- name: step
-- Opens every fenced transaction: takes the row, refuses a stale writer, counts what the step cost, hears of a cancel.
UPDATE runs
SET lease_expires_at = :lease_at, turns = turns + :turn_count, tool_calls = tool_calls + :tool_call_count,
    input_tokens = input_tokens + :input_tokens, output_tokens = output_tokens + :output_tokens,
    cost_nanousd = cost_nanousd + :cost_nanousd, active_ms = active_ms + :active_ms,
    model = coalesce(:model, model), waiting_since = CASE WHEN :turn_count > 0 THEN NULL ELSE waiting_since END
WHERE id = :id AND state = 'running' AND fence = :fence
RETURNING cancel_requested_at;

-- name: wait
UPDATE runs
SET state = 'waiting', waiting_for = :waiting_for, not_before = :not_before,
    waiting_since = coalesce(waiting_since, :now), worker_id = NULL, lease_expires_at = NULL
WHERE id = :id AND state = 'running' AND fence = :fence
RETURNING id, store_id, task_id, job_run_id, attempt, waiting_for;

-- name: finish
UPDATE runs
SET state = :state, output = :output, error_class = :error_class, error = :error, finished_at = :now,
    waiting_since = NULL, worker_id = NULL, lease_expires_at = NULL
WHERE id = :id AND state = 'running' AND fence = :fence
RETURNING id, store_id, task_id, job_run_id, attempt, cost_nanousd, started_at,
    (SELECT t.schedule_type = 'adaptive' FROM tasks AS t WHERE t.id = runs.task_id) AS is_adaptive;

-- name: release_task
-- A task whose run ended shows when that began, if it did, and looks again at the slot that waited for it.
UPDATE tasks SET last_run_at = coalesce(:started_at, last_run_at), held = false WHERE id = :task_id;

-- name: end_attempt
-- One that ended before its conversation opened has no row yet.
INSERT INTO run_attempts (run_id, attempt, store_id, opening, started_at, finished_at, error_class, error)
VALUES (:run_id, :attempt, :store_id, 'null', :now, :now, :error_class, :error)
ON CONFLICT (run_id, attempt) DO UPDATE
SET finished_at = excluded.finished_at, error_class = excluded.error_class, error = excluded.error
WHERE run_attempts.finished_at IS NULL;

-- name: passed_turn
-- Whether the run has taken a turn to its end, tool calls and all, since it was last taken over from a silent worker.
SELECT EXISTS (
    SELECT 1
    FROM runs AS r
    JOIN llm_calls AS c ON c.run_id = r.id AND c.fence >= r.recovery_fence AND c.state = 'answered'
    JOIN turns AS t ON t.run_id = c.run_id AND t.turn = c.turn
    WHERE r.id = :id AND (t.reply IS NOT NULL OR coalesce(t.stop_reason, '') <> 'tool_use')
);
