-- What an agent leaves for the next run of its task.

-- name: one
SELECT body FROM task_notes WHERE store_id = :store_id AND task_id = :task_id;

-- name: set
INSERT INTO task_notes (task_id, store_id, body, updated_at) VALUES (:task_id, :store_id, :body, :now)
ON CONFLICT (task_id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at;

-- name: delete
DELETE FROM task_notes WHERE store_id = :store_id AND task_id = :task_id;
