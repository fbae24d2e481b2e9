-- What the earlier steps of a pass came to, as the run of a later step may know it. Nothing here writes.

-- name: place
SELECT position FROM runs WHERE id = :run_id AND store_id = :store_id;

-- name: before
-- The steps before the one that a run stands for, or the one of them at a position. A step before the place where the
-- pass began has the result of the latest pass in which its task succeeded.
SELECT s.position, t.name AS task_name, s.skip_reason, coalesce(this.output, earlier.output) AS output,
    coalesce(this.id, earlier.id) IS NOT NULL AS has_run, ep.number AS pass_number
FROM runs AS r
JOIN job_runs AS p ON p.id = r.job_run_id
JOIN job_run_steps AS s ON s.job_run_id = p.id AND s.position < r.position
JOIN tasks AS t ON t.id = s.task_id
LEFT JOIN runs AS this ON this.job_run_id = p.id AND this.position = s.position AND this.state = 'succeeded'
LEFT JOIN runs AS earlier ON s.position < p.first_position AND earlier.id = (
    -- Pass by pass from the newest on, and the few runs of each: SQLite loops in the order of a cross join.
    SELECT e.id
    FROM job_runs AS of_job
    CROSS JOIN runs AS e
    WHERE of_job.job_id = p.job_id AND of_job.number < p.number
        AND e.job_run_id = of_job.id AND e.state = 'succeeded'
        -- the sign keeps SQLite from walking through all runs of the task for each pass
        -- [sqlite] AND +e.task_id = s.task_id
        -- [postgresql] AND e.task_id = s.task_id
    ORDER BY of_job.number DESC
    LIMIT 1
)
LEFT JOIN job_runs AS ep ON ep.id = earlier.job_run_id
WHERE r.id = :run_id AND r.store_id = :store_id AND (:only_count IS NULL OR s.position = :only_count)
ORDER BY s.position;
