-- Jobs: the few statements that are no plain reading and writing of rows.

-- name: hold
-- Jobs before their tasks, and by id: whoever changes an order or a membership waits here for whoever else does.
SELECT id FROM jobs
WHERE store_id = :store_id
    -- [sqlite] AND id IN (SELECT value FROM json_each(:ids))
    -- [postgresql] AND id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
ORDER BY id
-- [postgresql] FOR UPDATE
;

-- name: order
SELECT id FROM tasks WHERE job_id = :job_id AND position IS NOT NULL ORDER BY position;

-- name: lengths
-- What jobs are called, and how many sequential tasks each has.
SELECT j.id, j.name, count(t.position) AS steps
FROM jobs AS j
LEFT JOIN tasks AS t ON t.store_id = j.store_id AND t.job_id = j.id
-- [sqlite] WHERE j.id IN (SELECT value FROM json_each(:ids))
-- [postgresql] WHERE j.id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
GROUP BY j.id, j.name;

-- name: make_room
-- Positions that are about to be written anew must not meet those that are there: they go far away first.
UPDATE tasks SET position = position + 1000000 WHERE job_id = :job_id AND position IS NOT NULL;

-- name: write_order
UPDATE tasks SET position = d.position
FROM (
    -- [sqlite] SELECT value AS id, key + 1 AS position FROM json_each(:ids)
    -- [postgresql] SELECT CAST(value AS uuid) AS id, ordinality AS position
    -- [postgresql] FROM json_array_elements_text(CAST(:ids AS json)) WITH ORDINALITY
) AS d
WHERE tasks.id = d.id AND tasks.job_id = :job_id AND tasks.position IS NOT NULL AND tasks.position <> d.position;

-- name: note_change
UPDATE jobs SET version = version + 1, updated_at = :now WHERE id = :id;

-- name: lock_open_runs
-- Of all its tasks and of its pass, whose step under way may have left the job: none of them starts or ends meanwhile.
SELECT r.id, r.state, r.job_run_id, r.task_id FROM runs AS r
-- [sqlite] INDEXED BY runs_open
WHERE r.store_id = :store_id AND r.state IN ('queued', 'running', 'waiting') AND (
    r.task_id IN (SELECT t.id FROM tasks AS t WHERE t.store_id = :store_id AND t.job_id = :job_id)
    OR r.job_run_id IN (SELECT p.id FROM job_runs AS p WHERE p.job_id = :job_id AND p.state = 'running')
)
ORDER BY r.id
-- [postgresql] FOR UPDATE
;

-- name: lock_tasks
-- No run is made for any of them meanwhile.
SELECT id FROM tasks WHERE store_id = :store_id AND job_id = :job_id ORDER BY id
-- [postgresql] FOR UPDATE
;

-- name: open_runs
SELECT r.id, r.state, r.job_run_id FROM runs AS r
-- [sqlite] INDEXED BY runs_open
WHERE r.store_id = :store_id AND r.state IN ('queued', 'running', 'waiting') AND (
    r.task_id IN (SELECT t.id FROM tasks AS t WHERE t.store_id = :store_id AND t.job_id = :job_id)
    OR r.job_run_id IN (SELECT p.id FROM job_runs AS p WHERE p.job_id = :job_id AND p.state = 'running')
)
ORDER BY r.id;

-- name: release_runs
-- Those that its passes began of tasks that have left it since.
UPDATE runs SET job_run_id = NULL, position = NULL
WHERE store_id = :store_id AND state IN ('succeeded', 'failed', 'cancelled')
    AND job_run_id IN (SELECT p.id FROM job_runs AS p WHERE p.job_id = :job_id)
    AND task_id NOT IN (SELECT t.id FROM tasks AS t WHERE t.store_id = :store_id AND t.job_id = :job_id);

-- name: delete
DELETE FROM jobs WHERE store_id = :store_id AND id = :id;
