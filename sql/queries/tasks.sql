-- Tasks: the few statements that are no plain reading and writing of rows.

-- name: lock_open_runs
-- Locks the runs against starting and ending meanwhile; runs come before their task in the order of locks.
SELECT id, state, job_run_id FROM runs
WHERE store_id = :store_id AND task_id = :task_id AND state IN ('queued', 'running', 'waiting')
ORDER BY id
-- [postgresql] FOR UPDATE
;

-- name: open_runs
SELECT id FROM runs
WHERE store_id = :store_id AND task_id = :task_id AND state IN ('queued', 'running', 'waiting');

-- name: note_edit
-- To the minute, and never back: whoever makes many tasks at once waits for nobody.
UPDATE latest_edit SET edited_at = :now WHERE id = 1 AND edited_at < :now - 60;

-- name: known
SELECT id FROM tasks WHERE store_id = :store_id AND id = :id;

-- name: lock
SELECT id FROM tasks WHERE store_id = :store_id AND id = :id
-- [postgresql] FOR UPDATE
;

-- name: assignment
-- What a run of the task would be asked to do; it has used nothing yet.
SELECT id, store_id, name, prompt, model, tools, max_turns, timeout_seconds, budget_nanousd, 0, 0, 0, 0,
    schedule_type
FROM tasks WHERE id = :id;

-- name: among
SELECT t.id, t.store_id, t.name, t.priority
FROM tasks AS t
-- [sqlite] WHERE t.id IN (SELECT value FROM json_each(:ids))
-- [postgresql] WHERE t.id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
ORDER BY t.priority, t.id;

-- name: delete
DELETE FROM tasks WHERE store_id = :store_id AND id = :id;
