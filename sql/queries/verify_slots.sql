-- What must hold for slots: each statement finds the rows that break one promise, with their full count in every row.
-- `said` marks instants with '@', for whoever shows them. Rows of the ledger outlive their task: then nobody asks for its runs.

-- name: claims_have_their_run
SELECT l.task_id AS id, l.store_id,
    'slot @' || l.scheduled_time || ' is claimed for run ' || l.run_id || ', which is not there as its first run' AS said,
    count(*) OVER () AS total
FROM processed_task_executions AS l
JOIN tasks AS t ON t.id = l.task_id
WHERE l.disposition = 'claimed' AND l.scheduled_time >= :kept_since
    AND NOT EXISTS (
        SELECT 1 FROM runs AS r
        WHERE r.id = l.run_id AND r.task_id = l.task_id AND r.scheduled_time = l.scheduled_time
            AND r.store_id = l.store_id AND r.rerun_of IS NULL
    )
    AND (:store_id IS NULL OR l.store_id = :store_id)
ORDER BY l.scheduled_time, l.task_id
LIMIT :limit;

-- name: first_runs_have_their_claim
SELECT r.id, r.store_id,
    'stands for slot @' || r.scheduled_time || ' of task ' || r.task_id || ', whose ledger row is '
        || coalesce(l.disposition || coalesce(' for run ' || l.run_id, ''), 'missing') AS said,
    count(*) OVER () AS total
FROM runs AS r
LEFT JOIN processed_task_executions AS l
    ON l.task_id = r.task_id AND l.scheduled_time = r.scheduled_time AND l.store_id = r.store_id
WHERE r.scheduled_time IS NOT NULL AND r.rerun_of IS NULL
    AND (l.run_id IS NULL OR l.run_id <> r.id OR l.disposition <> 'claimed')
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.scheduled_time, r.id
LIMIT :limit;

-- name: slots_run_once
SELECT f.task_id AS id, f.store_id,
    'slot @' || f.scheduled_time || ' has ' || f.run_count || ' first runs' AS said, count(*) OVER () AS total
FROM (
    SELECT task_id, scheduled_time, min(CAST(store_id AS text)) AS store_id, count(*) AS run_count
    FROM runs
    WHERE scheduled_time IS NOT NULL AND rerun_of IS NULL AND (:store_id IS NULL OR store_id = :store_id)
    GROUP BY task_id, scheduled_time
    HAVING count(*) > 1
) AS f
ORDER BY f.scheduled_time, f.task_id
LIMIT :limit;

-- name: repetitions_repeat
SELECT r.id, r.store_id, 'repeats run ' || r.rerun_of || ', which is another task''s or another slot''s' AS said,
    count(*) OVER () AS total
FROM runs AS r
JOIN runs AS o ON o.id = r.rerun_of
WHERE (o.task_id <> r.task_id OR coalesce(o.scheduled_time, -1) <> coalesce(r.scheduled_time, -1))
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: rows_end_at_the_cursor
-- A clock that was ahead and has been set back leaves its claims, and takes everything else away.
SELECT l.task_id AS id, l.store_id,
    'slot @' || l.scheduled_time || ' is ' || l.disposition || ', and the cursor stands at @' || t.cursor_at AS said,
    count(*) OVER () AS total
FROM processed_task_executions AS l
JOIN tasks AS t ON t.id = l.task_id
WHERE coalesce(l.until_time, l.scheduled_time) > t.cursor_at
    AND l.disposition <> 'claimed'
    AND (:store_id IS NULL OR l.store_id = :store_id)
ORDER BY l.scheduled_time, l.task_id
LIMIT :limit;

-- name: rows_come_after_their_slot
SELECT l.task_id AS id, l.store_id,
    'slot @' || coalesce(l.until_time, l.scheduled_time) || ' was accounted for at @' || l.processed_at AS said,
    count(*) OVER () AS total
FROM processed_task_executions AS l
WHERE coalesce(l.until_time, l.scheduled_time) > l.processed_at AND (:store_id IS NULL OR l.store_id = :store_id)
ORDER BY l.scheduled_time, l.task_id
LIMIT :limit;

-- name: range_rows_make_sense
SELECT l.task_id AS id, l.store_id,
    'the ' || l.disposition || ' row @' || l.scheduled_time || coalesce(' to @' || l.until_time, '') || ' counts '
        || l.slot_count || ' slots' AS said,
    count(*) OVER () AS total
FROM processed_task_executions AS l
WHERE (
        (l.until_time IS NULL AND l.slot_count <> 1)
        OR l.until_time < l.scheduled_time
        OR (l.until_time = l.scheduled_time AND l.slot_count <> 1)
        OR (l.until_time > l.scheduled_time AND l.slot_count < 2)
        OR (l.disposition = 'claimed' AND l.until_time IS NOT NULL)
    )
    AND (:store_id IS NULL OR l.store_id = :store_id)
ORDER BY l.scheduled_time, l.task_id
LIMIT :limit;

-- name: ranges_stand_alone
SELECT l.task_id AS id, l.store_id,
    'slot @' || l.scheduled_time || ' (' || l.disposition || ') lies in the range @' || g.scheduled_time || ' to @'
        || g.until_time || ' (' || g.disposition || ')' AS said,
    count(*) OVER () AS total
FROM processed_task_executions AS g
JOIN processed_task_executions AS l
    ON l.task_id = g.task_id AND l.store_id = g.store_id
        AND l.scheduled_time > g.scheduled_time AND l.scheduled_time <= g.until_time
WHERE g.until_time IS NOT NULL AND (:store_id IS NULL OR l.store_id = :store_id)
ORDER BY l.scheduled_time, l.task_id
LIMIT :limit;

-- name: claims_name_a_run
SELECT l.task_id AS id, l.store_id,
    'slot @' || l.scheduled_time || ' is ' || l.disposition || ' and names '
        || coalesce('run ' || l.run_id, 'no run') AS said,
    count(*) OVER () AS total
FROM processed_task_executions AS l
WHERE (l.disposition = 'claimed') <> (l.run_id IS NOT NULL) AND (:store_id IS NULL OR l.store_id = :store_id)
ORDER BY l.scheduled_time, l.task_id
LIMIT :limit;

-- name: held_tasks_wait_for_a_run
SELECT t.id, t.store_id,
    CASE
        WHEN t.held_slot IS NULL THEN 'waits for no slot'
        WHEN t.held_slot <= t.cursor_at THEN 'waits with slot @' || t.held_slot || ', which is accounted for already'
        ELSE 'waits with slot @' || t.held_slot || ' for a run that is not there'
    END AS said,
    count(*) OVER () AS total
FROM tasks AS t
WHERE (
        (t.held AND t.held_slot IS NULL)
        OR t.held_slot <= t.cursor_at
        OR (t.held AND NOT EXISTS (
            SELECT 1 FROM runs AS r WHERE r.task_id = t.id AND r.state IN ('queued', 'running', 'waiting')
        ))
    )
    AND (:store_id IS NULL OR t.store_id = :store_id)
ORDER BY t.created_at, t.id
LIMIT :limit;

-- name: disabled_tasks_rest
SELECT t.id, t.store_id,
    'is disabled, and ' || CASE
        WHEN t.next_run_at IS NOT NULL THEN 'due at @' || t.next_run_at
        WHEN t.held THEN 'waits for a run'
        ELSE 'paused until @' || t.paused_until
    END AS said,
    count(*) OVER () AS total
FROM tasks AS t
WHERE NOT t.enabled AND (t.next_run_at IS NOT NULL OR t.held OR t.paused_until IS NOT NULL)
    AND (:store_id IS NULL OR t.store_id = :store_id)
ORDER BY t.created_at, t.id
LIMIT :limit;

-- name: owners
-- Schedules and where they stand, a page at a time, for the checks that need the rules of schedules.
SELECT id, store_id, schedule_type, interval_seconds, anchor_at, cron, timezone, once_at, enabled, paused_until,
    cursor_at, next_run_at, created_at, updated_at, version
FROM tasks
WHERE (:store_id IS NULL OR store_id = :store_id) AND id > :after_id
ORDER BY id
LIMIT :limit;

-- name: ledger
-- A task's rows up to its cursor, a page at a time, those left out that end before its schedule counts.
SELECT scheduled_time, coalesce(until_time, scheduled_time) AS until_time, slot_count
FROM processed_task_executions
WHERE task_id = :id AND store_id = :store_id
    AND scheduled_time > :after_time AND scheduled_time <= :cursor_at
    AND coalesce(until_time, scheduled_time) > :begin_at
ORDER BY scheduled_time
LIMIT :limit;
