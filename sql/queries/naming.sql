-- What people call tasks and jobs by. Nothing here writes.

-- name: tasks_by_name
SELECT t.id, t.job_id, j.name AS job_name
FROM tasks AS t
LEFT JOIN jobs AS j ON j.id = t.job_id
WHERE (:store_id IS NULL OR t.store_id = :store_id) AND t.name = :name
ORDER BY t.created_at, t.id;

-- name: tasks_by_id
SELECT t.id, t.job_id, j.name AS job_name
FROM tasks AS t
LEFT JOIN jobs AS j ON j.id = t.job_id
WHERE (:store_id IS NULL OR t.store_id = :store_id) AND t.id BETWEEN :lowest_id AND :highest_id
ORDER BY t.id;

-- name: jobs_by_name
SELECT id, id AS job_id, NULL AS job_name
FROM jobs
WHERE (:store_id IS NULL OR store_id = :store_id) AND name = :name
ORDER BY created_at, id;

-- name: jobs_by_id
SELECT id, id AS job_id, NULL AS job_name
FROM jobs
WHERE (:store_id IS NULL OR store_id = :store_id) AND id BETWEEN :lowest_id AND :highest_id
ORDER BY id;

-- name: called
-- What tasks and jobs are called, of whatever store.
SELECT id, name FROM tasks
-- [sqlite] WHERE id IN (SELECT value FROM json_each(:ids))
-- [postgresql] WHERE id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
UNION ALL
SELECT id, name FROM jobs
-- [sqlite] WHERE id IN (SELECT value FROM json_each(:ids))
-- [postgresql] WHERE id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
;
