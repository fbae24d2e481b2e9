-- What must hold for jobs and the passes through their order: each statement finds the rows that break one promise.
-- A deleted task takes its steps and its runs with it: what is gone breaks nothing.

-- name: sequential_tasks_have_a_place
SELECT t.id, t.store_id,
    'is ' || t.schedule_type || ' at ' || coalesce('position ' || t.position, 'no position') || ' of '
        || CASE WHEN t.job_id IS NULL THEN 'no job' ELSE 'its job' END AS said,
    count(*) OVER () AS total
FROM tasks AS t
WHERE (
        (t.schedule_type = 'sequential') <> (t.position IS NOT NULL)
        OR (t.position IS NOT NULL AND t.job_id IS NULL)
    )
    AND (:store_id IS NULL OR t.store_id = :store_id)
ORDER BY t.id
LIMIT :limit;

-- name: orders_have_no_gap
SELECT f.job_id AS id, f.store_id,
    'has ' || f.task_count || ' tasks in its order, at positions ' || f.first || ' to ' || f.last AS said,
    count(*) OVER () AS total
FROM (
    SELECT job_id, min(CAST(store_id AS text)) AS store_id, count(*) AS task_count,
        min(position) AS first, max(position) AS last
    FROM tasks
    WHERE job_id IS NOT NULL AND position IS NOT NULL AND (:store_id IS NULL OR store_id = :store_id)
    GROUP BY job_id
    HAVING min(position) <> 1 OR max(position) <> count(*)
) AS f
ORDER BY f.job_id
LIMIT :limit;

-- name: passes_are_numbered
-- The oldest may be gone.
SELECT f.job_id AS id, f.store_id,
    'has ' || f.pass_count || ' passes, numbered ' || f.first || ' to ' || f.last AS said, count(*) OVER () AS total
FROM (
    SELECT job_id, min(CAST(store_id AS text)) AS store_id, count(*) AS pass_count,
        min(number) AS first, max(number) AS last
    FROM job_runs
    WHERE (:store_id IS NULL OR store_id = :store_id)
    GROUP BY job_id
    HAVING max(number) - min(number) + 1 <> count(*)
) AS f
ORDER BY f.job_id
LIMIT :limit;

-- name: jobs_have_one_running_pass
SELECT f.job_id AS id, f.store_id, 'has ' || f.pass_count || ' passes that are running' AS said, count(*) OVER () AS total
FROM (
    SELECT job_id, min(CAST(store_id AS text)) AS store_id, count(*) AS pass_count
    FROM job_runs
    WHERE state = 'running' AND (:store_id IS NULL OR store_id = :store_id)
    GROUP BY job_id
    HAVING count(*) > 1
) AS f
ORDER BY f.job_id
LIMIT :limit;

-- name: jobs_show_their_newest_pass
-- While none runs, people may reset a job.
SELECT j.id, j.store_id, 'is ' || j.status || ', and its newest pass is ' || coalesce(p.state, 'not there') AS said,
    count(*) OVER () AS total
FROM jobs AS j
LEFT JOIN job_runs AS p
    ON p.job_id = j.id AND p.number = (SELECT max(n.number) FROM job_runs AS n WHERE n.job_id = j.id)
WHERE j.status <> CASE p.state
        WHEN 'running' THEN 'in_progress' WHEN 'succeeded' THEN 'completed' ELSE coalesce(p.state, 'pending')
    END
    AND (j.status <> 'pending' OR p.state = 'running')
    AND (:store_id IS NULL OR j.store_id = :store_id)
ORDER BY j.id
LIMIT :limit;

-- name: running_passes_have_one_open_run
SELECT p.id, p.store_id,
    'is running at step ' || p.position || ' with ' || count(r.id) || ' runs that have not ended'
        || coalesce(', the first at step ' || min(r.position), '') AS said,
    count(*) OVER () AS total
FROM job_runs AS p
LEFT JOIN runs AS r ON r.job_run_id = p.id AND r.state IN ('queued', 'running', 'waiting')
WHERE p.state = 'running' AND (:store_id IS NULL OR p.store_id = :store_id)
GROUP BY p.id, p.store_id, p.position
HAVING count(r.id) <> 1 OR min(r.position) <> p.position
ORDER BY p.id
LIMIT :limit;

-- name: ended_passes_rest
SELECT p.id, p.store_id,
    'is ' || p.state || ', ended ' || coalesce('@' || p.finished_at, 'never') || ', with ' || count(r.id)
        || ' runs that have not ended' AS said,
    count(*) OVER () AS total
FROM job_runs AS p
LEFT JOIN runs AS r ON r.job_run_id = p.id AND r.state IN ('queued', 'running', 'waiting')
WHERE (:store_id IS NULL OR p.store_id = :store_id)
GROUP BY p.id, p.store_id, p.state, p.finished_at
HAVING (p.state = 'running') <> (p.finished_at IS NULL) OR (p.state <> 'running' AND count(r.id) > 0)
ORDER BY p.id
LIMIT :limit;

-- name: passes_leave_no_step_out
SELECT p.id, p.store_id,
    'is ' || p.state || ' at step ' || p.position || ', and the run of step ' || s.position || ' is '
        || coalesce(r.state, 'not there') AS said,
    count(*) OVER () AS total
FROM job_run_steps AS s
JOIN job_runs AS p ON p.id = s.job_run_id
LEFT JOIN runs AS r ON r.job_run_id = s.job_run_id AND r.position = s.position
WHERE s.position >= p.first_position AND (s.position < p.position OR p.state = 'succeeded')
    AND s.skip_reason IS NULL AND coalesce(r.state, '') <> 'succeeded'
    AND p.started_at >= :kept_since AND (:store_id IS NULL OR p.store_id = :store_id)
ORDER BY p.id, s.position
LIMIT :limit;

-- name: passes_end_as_their_step_did
SELECT p.id, p.store_id,
    'is ' || p.state || ' at step ' || p.position || ', and the run of that step is ' || coalesce(r.state, 'not there') AS said,
    count(*) OVER () AS total
FROM job_runs AS p
JOIN job_run_steps AS s ON s.job_run_id = p.id AND s.position = p.position
LEFT JOIN runs AS r ON r.job_run_id = p.id AND r.position = p.position
WHERE p.state IN ('failed', 'cancelled') AND coalesce(r.state, '') <> p.state
    AND p.started_at >= :kept_since AND (:store_id IS NULL OR p.store_id = :store_id)
ORDER BY p.id
LIMIT :limit;

-- name: steps_run_on_the_way
-- From the step where the pass began to the one where it is, each with its own task.
SELECT r.id, r.store_id,
    'is of step ' || r.position || CASE
        WHEN s.job_run_id IS NULL THEN ', which the order of its pass does not have'
        WHEN s.task_id <> r.task_id THEN ', which is another task''s'
        ELSE ', and its pass went from ' || p.first_position || ' to ' || p.position
    END AS said,
    count(*) OVER () AS total
FROM runs AS r
JOIN job_runs AS p ON p.id = r.job_run_id
LEFT JOIN job_run_steps AS s ON s.job_run_id = r.job_run_id AND s.position = r.position
WHERE (s.job_run_id IS NULL OR s.task_id <> r.task_id OR r.position NOT BETWEEN p.first_position AND p.position)
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: steps_follow_each_other
-- Written in one transaction: the end of a step, or the beginning of the pass, and the run of the next one. It is not
-- looked at where a step between the two is gone.
SELECT r.id, r.store_id,
    'was queued @' || r.queued_at || ' for step ' || r.position || ', and what came before it ended '
        || coalesce('@' || CASE WHEN b.id IS NULL THEN p.started_at ELSE b.finished_at END, 'never') AS said,
    count(*) OVER () AS total
FROM runs AS r
JOIN job_runs AS p ON p.id = r.job_run_id
LEFT JOIN runs AS b ON b.job_run_id = r.job_run_id AND b.position = (
    SELECT max(e.position) FROM runs AS e WHERE e.job_run_id = r.job_run_id AND e.position < r.position
)
WHERE r.queued_at <> coalesce(CASE WHEN b.id IS NULL THEN p.started_at ELSE b.finished_at END, -1)
    AND (
        SELECT count(*) FROM job_run_steps AS s
        WHERE s.job_run_id = r.job_run_id AND s.position < r.position
            AND s.position >= coalesce(b.position + 1, p.first_position)
    ) = r.position - coalesce(b.position + 1, p.first_position)
    AND p.started_at >= :kept_since AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: skipped_steps_did_not_run
-- A pass goes over steps on its way only, and over all that is left when it comes to its end.
SELECT p.id, p.store_id,
    'is ' || p.state || ' at step ' || p.position || ' and went over step ' || s.position || ' (' || s.skip_reason || ')'
        || coalesce(', whose run is ' || r.state, '') AS said,
    count(*) OVER () AS total
FROM job_run_steps AS s
JOIN job_runs AS p ON p.id = s.job_run_id
LEFT JOIN runs AS r ON r.job_run_id = s.job_run_id AND r.position = s.position
WHERE s.skip_reason IS NOT NULL
    AND (
        r.id IS NOT NULL
        OR s.position < p.first_position
        OR (s.position > p.position AND p.state <> 'succeeded')
    )
    AND (:store_id IS NULL OR p.store_id = :store_id)
ORDER BY p.id, s.position
LIMIT :limit;

-- name: orders_name_each_task_once
SELECT f.job_run_id AS id, f.store_id, 'has a task at ' || f.step_count || ' steps, the first is ' || f.first AS said,
    count(*) OVER () AS total
FROM (
    SELECT job_run_id, task_id, min(CAST(store_id AS text)) AS store_id, count(*) AS step_count, min(position) AS first
    FROM job_run_steps
    WHERE (:store_id IS NULL OR store_id = :store_id)
    GROUP BY job_run_id, task_id
    HAVING count(*) > 1
) AS f
ORDER BY f.job_run_id, f.task_id
LIMIT :limit;
