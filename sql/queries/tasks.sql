-- Tasks: the few statements that are no plain reading and writing of rows.

-- name: live_run
-- Locks the run against starting meanwhile; runs come before their task in the order of locks.
SELECT id, state FROM runs
WHERE store_id = :store_id AND task_id = :task_id AND state IN ('queued', 'running', 'waiting')
ORDER BY CASE WHEN state = 'queued' THEN 1 ELSE 0 END, queued_at, id
-- [postgresql] FOR UPDATE
;

-- name: delete
DELETE FROM tasks WHERE store_id = :store_id AND id = :id;
