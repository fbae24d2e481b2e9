-- What a tick leaves behind.

-- name: begin
INSERT INTO ticks (id, host, pid, started_at) VALUES (:id, :host, :pid, :now);

-- name: finish
UPDATE ticks
SET finished_at = :now, exit_code = :exit_code, error = :error, counts = :counts, duration_ms = :duration_ms,
    cpu_ms = :cpu_ms, memory_bytes = :memory_bytes
WHERE id = :id;

-- name: beat
-- Never back: a heartbeat that lies ahead says that the clock was ahead, until what that left behind is undone.
UPDATE heartbeat SET ticked_at = :now WHERE id = 1 AND coalesce(ticked_at, 0) <= :now;

-- name: stopped
SELECT reason FROM emergency_stop WHERE id = 1;

-- name: next_due
-- When a task, a job or a run that waits falls due, of one store or of all; null: none does by the clock.
SELECT min(due_at) AS due_at
FROM (
    SELECT min(next_run_at) AS due_at FROM tasks
    WHERE next_run_at IS NOT NULL AND NOT held AND (:store_id IS NULL OR store_id = :store_id)
    UNION ALL
    SELECT min(next_run_at) FROM jobs WHERE next_run_at IS NOT NULL AND (:store_id IS NULL OR store_id = :store_id)
    UNION ALL
    SELECT min(not_before) FROM runs WHERE state = 'waiting' AND (:store_id IS NULL OR store_id = :store_id)
) AS soonest;
