-- Passes through the order of a job. Locks are taken in this order: runs, their pass, its job, tasks.
-- Left to itself SQLite looks for the few passes that run among all that a store ever had; Postgres knows better.

-- name: lock_job
SELECT id, store_id, name, status, version FROM jobs WHERE store_id = :store_id AND id = :id
-- [postgresql] FOR UPDATE
;

-- name: running
SELECT id FROM job_runs WHERE job_id = :job_id AND state = 'running';

-- name: begin
-- The caller holds the job's row, so that two passes never get the same number.
INSERT INTO job_runs (id, store_id, job_id, number, trigger, scheduled_time, state, first_position, position, started_at)
SELECT :id, j.store_id, j.id, 1 + coalesce((SELECT max(p.number) FROM job_runs AS p WHERE p.job_id = j.id), 0), :trigger,
    :scheduled_time, 'running', :first_count, :first_count, :now
FROM jobs AS j
WHERE j.id = :job_id;

-- name: copy_order
INSERT INTO job_run_steps (job_run_id, position, store_id, task_id)
SELECT :id, t.position, t.store_id, t.id FROM tasks AS t WHERE t.job_id = :job_id AND t.position IS NOT NULL;

-- name: lock
-- A pass that runs, with its job; nobody else moves it on meanwhile.
SELECT p.id, p.store_id, p.job_id, p.position FROM job_runs AS p WHERE p.id = :id AND p.state = 'running'
-- [postgresql] FOR UPDATE
;

-- name: naming
-- The passes under way that a task is a step of, whether its turn has come or not.
SELECT p.id FROM job_run_steps AS s
JOIN job_runs AS p ON p.id = s.job_run_id
WHERE s.store_id = :store_id AND s.task_id = :task_id AND p.state = 'running'
ORDER BY p.id;

-- name: steps_from
SELECT s.position, s.task_id, t.enabled, coalesce(t.position IS NOT NULL AND t.job_id = p.job_id, false) AS is_member
FROM job_run_steps AS s
JOIN job_runs AS p ON p.id = s.job_run_id
JOIN tasks AS t ON t.id = s.task_id
WHERE s.job_run_id = :id AND s.position >= :from_count
ORDER BY s.position;

-- name: skip
UPDATE job_run_steps SET skip_reason = :reason WHERE job_run_id = :id AND position = :position;

-- name: go_to
UPDATE job_runs SET position = :position WHERE id = :id;

-- name: queue
INSERT INTO runs (id, store_id, task_id, job_run_id, position, trigger, state, priority, queued_at)
SELECT :id, t.store_id, t.id, :job_run_id, :position, 'job', 'queued', t.priority, :now
FROM tasks AS t
WHERE t.id = :task_id;

-- name: end
UPDATE job_runs SET state = :state, finished_at = :now WHERE id = :id;

-- name: show_status
UPDATE jobs SET status = :status WHERE id = :job_id;

-- name: extent
-- Which of how many: steps whose task was deleted count no more.
SELECT count(CASE WHEN s.position <= p.position THEN 1 END) AS index_count, count(*) AS total_count
FROM job_runs AS p
LEFT JOIN job_run_steps AS s ON s.job_run_id = p.id
WHERE p.id = :id;

-- name: run_under_way
-- The open run of the pass of a job that runs.
SELECT r.id, r.state, r.cancel_requested_at FROM job_runs AS p
-- [sqlite] INDEXED BY job_runs_live
JOIN runs AS r ON r.job_run_id = p.id AND r.state IN ('queued', 'running', 'waiting')
WHERE p.store_id = :store_id AND p.job_id = :job_id AND p.state = 'running';

-- name: touching_job
-- The passes that run and lose a step, or all, with a job: its own, and those in which a task of it is a step.
SELECT p.id FROM job_runs AS p
-- [sqlite] INDEXED BY job_runs_live
WHERE p.state = 'running' AND p.store_id = :store_id
    AND (
        p.job_id = :job_id
        OR p.id IN (
            SELECT s.job_run_id FROM tasks AS t
            JOIN job_run_steps AS s ON s.store_id = t.store_id AND s.task_id = t.id
            WHERE t.store_id = :store_id AND t.job_id = :job_id
        )
    )
ORDER BY p.id;
