-- The same two statements with the JSON functions of Postgres.

-- name: advance
WITH d AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:decisions AS jsonb)) AS d (
        id uuid, version bigint, was_at bigint, cursor_at bigint, next_run_at bigint, held boolean, held_slot bigint
    )
), free AS (
    SELECT t.id AS task_id
    FROM tasks AS t
    JOIN d ON d.id = t.id
    WHERE t.version = d.version AND t.cursor_at = d.was_at AND NOT t.held
    ORDER BY t.id
    FOR UPDATE OF t SKIP LOCKED
)
UPDATE tasks
SET cursor_at = d.cursor_at, next_run_at = d.next_run_at, held_slot = d.held_slot, paused_until = NULL,
    held = d.held AND EXISTS ( -- the run in the way may have ended meanwhile
        SELECT 1 FROM runs AS r WHERE r.task_id = tasks.id AND r.state IN ('queued', 'running', 'waiting')
    )
FROM d
JOIN free ON free.task_id = d.id
WHERE tasks.id = d.id
RETURNING tasks.id;

-- name: record
INSERT INTO processed_task_executions
    (task_id, scheduled_time, store_id, disposition, run_id, until_time, slot_count, batch_id, processed_at)
SELECT e.task_id, e.scheduled_time, e.store_id, e.disposition, e.run_id, e.until_time, e.slot_count, :batch_id, :now
FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS e (
    task_id uuid, scheduled_time bigint, store_id uuid, disposition text, run_id uuid, until_time bigint, slot_count bigint
)
ORDER BY e.task_id, e.scheduled_time
ON CONFLICT (task_id, scheduled_time, store_id) DO NOTHING;
