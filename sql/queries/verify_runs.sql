-- What must hold for runs and their attempts: each statement finds the rows that break one promise.

-- name: tasks_have_one_live_run
SELECT f.task_id AS id, f.store_id, 'has ' || f.run_count || ' runs that are running or waiting' AS said,
    count(*) OVER () AS total
FROM (
    SELECT task_id, min(CAST(store_id AS text)) AS store_id, count(*) AS run_count
    FROM runs
    WHERE state IN ('running', 'waiting') AND (:store_id IS NULL OR store_id = :store_id)
    GROUP BY task_id
    HAVING count(*) > 1
) AS f
ORDER BY f.task_id
LIMIT :limit;

-- name: running_means_leased
SELECT r.id, r.store_id,
    'is ' || r.state || ' with ' || CASE WHEN r.worker_id IS NULL THEN 'no worker' ELSE 'a worker' END || ' and '
        || coalesce('a lease until @' || r.lease_expires_at, 'no lease') AS said,
    count(*) OVER () AS total
FROM runs AS r
WHERE (
        (r.state = 'running') <> (r.lease_expires_at IS NOT NULL)
        OR (r.state = 'running') <> (r.worker_id IS NOT NULL)
    )
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: waiting_runs_say_for_what
-- Approvals and batches come when they come; everything else has its time.
SELECT r.id, r.store_id,
    'is ' || r.state || ' for ' || coalesce(r.waiting_for, 'nothing') || ', since '
        || coalesce('@' || r.waiting_since, 'never') || ', until ' || coalesce('@' || r.not_before, 'nobody knows when') AS said,
    count(*) OVER () AS total
FROM runs AS r
WHERE (
        (r.state = 'waiting') <> (r.waiting_for IS NOT NULL)
        OR (r.state = 'waiting' AND r.waiting_since IS NULL)
        OR (r.waiting_for IN ('retry', 'resume', 'provider') AND r.not_before IS NULL)
    )
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: cancelled_means_asked_for
SELECT r.id, r.store_id,
    'is ' || r.state || ', and was to be cancelled ' || coalesce('@' || r.cancel_requested_at, 'never') AS said,
    count(*) OVER () AS total
FROM runs AS r
WHERE r.state IN ('succeeded', 'failed', 'cancelled') AND (r.state = 'cancelled') <> (r.cancel_requested_at IS NOT NULL)
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: ended_runs_are_closed
SELECT r.id, r.store_id,
    'is ' || r.state || ', ended ' || coalesce('@' || r.finished_at, 'never') || ' as '
        || coalesce(r.error_class, 'no failure') AS said,
    count(*) OVER () AS total
FROM runs AS r
WHERE (
        (r.state IN ('succeeded', 'failed', 'cancelled')) <> (r.finished_at IS NOT NULL)
        OR (r.state = 'failed') <> (r.error_class IS NOT NULL)
    )
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: started_runs_have_a_start
SELECT r.id, r.store_id,
    'is ' || r.state || ' with ' || r.attempt || ' starts, the first '
        || coalesce('@' || r.started_at, 'never') AS said,
    count(*) OVER () AS total
FROM runs AS r
WHERE (
        (r.state IN ('running', 'waiting', 'succeeded', 'failed') AND (r.attempt < 1 OR r.started_at IS NULL))
        OR (r.state = 'queued' AND (r.attempt <> 0 OR r.started_at IS NOT NULL))
    )
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: fences_count_claims
-- Every start and every recovery is a claim, and so are resumptions, which nobody counts.
SELECT r.id, r.store_id,
    'has fence ' || r.fence || ' after ' || r.attempt || ' starts and ' || r.recoveries || ' recoveries'
        || coalesce(', and a call with fence ' || max(c.fence), '') AS said,
    count(*) OVER () AS total
FROM runs AS r
LEFT JOIN llm_calls AS c ON c.run_id = r.id AND c.fence > r.fence
WHERE (r.fence < r.attempt + r.recoveries OR c.id IS NOT NULL) AND (:store_id IS NULL OR r.store_id = :store_id)
GROUP BY r.id, r.store_id, r.fence, r.attempt, r.recoveries, r.queued_at
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: attempts_are_numbered
-- The latest start of a run may have ended before its conversation was opened.
SELECT r.id, r.store_id,
    'is ' || r.state || ' at attempt ' || r.attempt || ' and has ' || coalesce(a.attempt_count, 0)
        || ' attempts on record, up to ' || coalesce(a.last, 0) AS said,
    count(*) OVER () AS total
FROM runs AS r
LEFT JOIN (
    SELECT run_id, count(*) AS attempt_count, min(attempt) AS first, max(attempt) AS last FROM run_attempts GROUP BY run_id
) AS a ON a.run_id = r.id
WHERE (
        a.first <> 1
        OR a.attempt_count <> a.last
        OR coalesce(a.last, 0) NOT IN (r.attempt, r.attempt - 1)
        OR (r.state = 'succeeded' AND coalesce(a.last, 0) <> r.attempt)
    )
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: attempts_end_with_their_run
-- Open is the latest attempt, while its run goes on with it: running, or waiting for anything but its next start.
SELECT a.run_id AS id, a.store_id,
    'attempt ' || a.attempt || ' of ' || r.attempt || ' is ' || CASE WHEN a.finished_at IS NULL THEN 'open' ELSE 'closed' END
        || ', and the run is ' || r.state || coalesce(' for ' || r.waiting_for, '') AS said,
    count(*) OVER () AS total
FROM run_attempts AS a
JOIN runs AS r ON r.id = a.run_id
WHERE (a.finished_at IS NULL) <> (
        a.attempt = r.attempt
        AND (r.state = 'running' OR (r.state = 'waiting' AND coalesce(r.waiting_for, '') <> 'retry'))
    )
    AND (:store_id IS NULL OR a.store_id = :store_id)
ORDER BY a.run_id, a.attempt
LIMIT :limit;

-- name: failed_attempts_say_why
SELECT a.run_id AS id, a.store_id,
    'attempt ' || a.attempt || ' of ' || r.attempt || ' says ' || coalesce(a.error_class, 'nothing')
        || ', and the run is ' || r.state AS said,
    count(*) OVER () AS total
FROM run_attempts AS a
JOIN runs AS r ON r.id = a.run_id
WHERE (
        (a.error_class IS NULL AND (
            a.attempt < r.attempt OR r.state = 'failed' OR (r.state = 'waiting' AND r.waiting_for = 'retry')
        ))
        OR (a.error_class IS NOT NULL AND a.attempt = r.attempt AND r.state = 'succeeded')
    )
    AND (:store_id IS NULL OR a.store_id = :store_id)
ORDER BY a.run_id, a.attempt
LIMIT :limit;

-- name: requests_are_frozen
-- A start that ended before its conversation was opened has nothing to say.
SELECT r.id, r.store_id, 'began a conversation without a frozen request' AS said, count(*) OVER () AS total
FROM runs AS r
WHERE EXISTS (SELECT 1 FROM run_attempts AS a WHERE a.run_id = r.id AND CAST(a.opening AS text) <> 'null')
    AND NOT EXISTS (SELECT 1 FROM run_requests AS q WHERE q.run_id = r.id)
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: logs_are_numbered
SELECT f.run_id AS id, f.store_id,
    'has ' || f.line_count || ' log lines, numbered ' || f.first || ' to ' || f.last AS said, count(*) OVER () AS total
FROM (
    SELECT run_id, min(CAST(store_id AS text)) AS store_id, count(*) AS line_count,
        min(position) AS first, max(position) AS last
    FROM run_logs
    WHERE (:store_id IS NULL OR store_id = :store_id)
    GROUP BY run_id
    HAVING min(position) <> 1 OR count(*) <> max(position)
) AS f
ORDER BY f.run_id
LIMIT :limit;

-- name: changed_files_are_told
SELECT r.id, r.store_id, 'was started by changed files, and was told of none' AS said, count(*) OVER () AS total
FROM runs AS r
WHERE r.trigger = 'file_watch' AND r.rerun_of IS NULL
    AND NOT EXISTS (SELECT 1 FROM run_changes AS c WHERE c.run_id = r.id)
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;
