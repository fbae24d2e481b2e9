-- The same two statements with the JSON functions of Postgres.

-- name: advance
WITH d AS (
    SELECT CAST(value ->> 0 AS uuid) AS id, CAST(value ->> 1 AS bigint) AS version, CAST(value ->> 2 AS bigint) AS was_at,
        CAST(value ->> 3 AS bigint) AS cursor_at, CAST(value ->> 4 AS bigint) AS next_run_at,
        CAST(value ->> 5 AS bigint) AS held_slot, CAST(value ->> 6 AS bigint) AS was_next_at
    FROM jsonb_array_elements(CAST(:decisions AS jsonb)) AS value
), free AS (
    SELECT t.id AS task_id
    FROM tasks AS t
    JOIN d ON d.id = t.id
    WHERE t.version = d.version AND t.cursor_at = d.was_at AND NOT t.held
        AND (d.was_next_at IS NULL OR t.next_run_at = d.was_next_at)
    ORDER BY t.id
    FOR UPDATE OF t SKIP LOCKED
)
UPDATE tasks
SET cursor_at = d.cursor_at, next_run_at = d.next_run_at, held_slot = d.held_slot, paused_until = NULL,
    held = d.held_slot IS NOT NULL AND EXISTS ( -- the run in the way may have ended meanwhile
        SELECT 1 FROM runs AS r WHERE r.task_id = tasks.id AND r.state IN ('queued', 'running', 'waiting')
    )
FROM d
JOIN free ON free.task_id = d.id
WHERE tasks.id = d.id
RETURNING tasks.id;

-- name: record
INSERT INTO processed_task_executions
    (task_id, store_id, scheduled_time, disposition, run_id, until_time, slot_count, batch_id, processed_at)
SELECT CAST(value ->> 0 AS uuid) AS task_id, CAST(value ->> 1 AS uuid), CAST(value ->> 2 AS bigint) AS scheduled_time,
    value ->> 3, CASE value ->> 3 WHEN 'claimed' THEN gen_random_uuid() END,
    CAST(value ->> 4 AS bigint), CAST(value ->> 5 AS bigint), :batch_id, :now
FROM jsonb_array_elements(CAST(:entries AS jsonb)) AS value
ORDER BY task_id, scheduled_time
ON CONFLICT (task_id, scheduled_time, store_id) DO NOTHING;
