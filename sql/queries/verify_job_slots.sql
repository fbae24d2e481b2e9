-- What must hold for slots of jobs: each statement finds the rows that break one promise, with their full count in every row.
-- `said` marks instants with '@'. Rows of the ledger outlive their job: then nobody asks for its passes.

-- name: job_claims_have_their_pass
SELECT l.job_id AS id, l.store_id,
    'slot @' || l.scheduled_time || ' is claimed for pass ' || l.job_run_id || ', which is not there' AS said,
    count(*) OVER () AS total
FROM processed_job_executions AS l
JOIN jobs AS j ON j.id = l.job_id
WHERE l.disposition = 'claimed' AND l.scheduled_time >= :kept_since
    AND NOT EXISTS (
        SELECT 1 FROM job_runs AS p
        WHERE p.id = l.job_run_id AND p.job_id = l.job_id AND p.scheduled_time = l.scheduled_time
            AND p.store_id = l.store_id
    )
    AND (:store_id IS NULL OR l.store_id = :store_id)
ORDER BY l.scheduled_time, l.job_id
LIMIT :limit;

-- name: passes_for_slots_have_their_claim
SELECT p.id, p.store_id,
    'stands for slot @' || p.scheduled_time || ' of job ' || p.job_id || ', whose ledger row is '
        || coalesce(l.disposition || coalesce(' for pass ' || l.job_run_id, ''), 'missing') AS said,
    count(*) OVER () AS total
FROM job_runs AS p
LEFT JOIN processed_job_executions AS l
    ON l.job_id = p.job_id AND l.scheduled_time = p.scheduled_time AND l.store_id = p.store_id
WHERE p.scheduled_time IS NOT NULL AND (l.job_run_id IS NULL OR l.job_run_id <> p.id OR l.disposition <> 'claimed')
    AND (:store_id IS NULL OR p.store_id = :store_id)
ORDER BY p.scheduled_time, p.id
LIMIT :limit;

-- name: passes_for_slots_say_so
SELECT p.id, p.store_id,
    'was begun by ' || p.trigger || ' and stands for ' || coalesce('slot @' || p.scheduled_time, 'no slot') AS said,
    count(*) OVER () AS total
FROM job_runs AS p
WHERE (p.trigger = 'schedule') <> (p.scheduled_time IS NOT NULL) AND (:store_id IS NULL OR p.store_id = :store_id)
ORDER BY p.started_at, p.id
LIMIT :limit;

-- name: job_rows_end_at_the_cursor
-- A clock that was ahead and has been set back leaves its claims, and takes everything else away.
SELECT l.job_id AS id, l.store_id,
    'slot @' || l.scheduled_time || ' is ' || l.disposition || ', and the cursor stands at @' || j.cursor_at AS said,
    count(*) OVER () AS total
FROM processed_job_executions AS l
JOIN jobs AS j ON j.id = l.job_id
WHERE coalesce(l.until_time, l.scheduled_time) > j.cursor_at AND l.disposition <> 'claimed'
    AND (:store_id IS NULL OR l.store_id = :store_id)
ORDER BY l.scheduled_time, l.job_id
LIMIT :limit;

-- name: job_rows_come_after_their_slot
SELECT l.job_id AS id, l.store_id,
    'slot @' || coalesce(l.until_time, l.scheduled_time) || ' was accounted for at @' || l.processed_at AS said,
    count(*) OVER () AS total
FROM processed_job_executions AS l
WHERE coalesce(l.until_time, l.scheduled_time) > l.processed_at AND (:store_id IS NULL OR l.store_id = :store_id)
ORDER BY l.scheduled_time, l.job_id
LIMIT :limit;

-- name: job_ranges_make_sense
-- What the columns themselves forbid is not asked again: the count of a row must fit its end.
SELECT l.job_id AS id, l.store_id,
    'the ' || l.disposition || ' row @' || l.scheduled_time || ' to @' || l.until_time || ' counts ' || l.slot_count
        || ' slots' AS said,
    count(*) OVER () AS total
FROM processed_job_executions AS l
WHERE l.until_time IS NOT NULL AND (l.until_time = l.scheduled_time) <> (l.slot_count = 1)
    AND (:store_id IS NULL OR l.store_id = :store_id)
ORDER BY l.scheduled_time, l.job_id
LIMIT :limit;

-- name: job_ranges_stand_alone
SELECT l.job_id AS id, l.store_id,
    'slot @' || l.scheduled_time || ' (' || l.disposition || ') lies in the range @' || g.scheduled_time || ' to @'
        || g.until_time || ' (' || g.disposition || ')' AS said,
    count(*) OVER () AS total
FROM processed_job_executions AS g
JOIN processed_job_executions AS l
    ON l.job_id = g.job_id AND l.store_id = g.store_id
        AND l.scheduled_time > g.scheduled_time AND l.scheduled_time <= g.until_time
WHERE g.until_time IS NOT NULL AND (:store_id IS NULL OR l.store_id = :store_id)
ORDER BY l.scheduled_time, l.job_id
LIMIT :limit;

-- name: owners
-- Schedules of jobs and where they stand, a page at a time, for the checks that need the rules of schedules.
SELECT id, store_id, schedule_type, interval_seconds, anchor_at, cron, timezone, once_at, true AS enabled,
    NULL AS paused_until, cursor_at, next_run_at, created_at, updated_at, version
FROM jobs
WHERE (:store_id IS NULL OR store_id = :store_id) AND id > :after_id
ORDER BY id
LIMIT :limit;

-- name: ledger
-- A job's rows up to its cursor, a page at a time, those left out that end before its schedule counts.
SELECT scheduled_time, coalesce(until_time, scheduled_time) AS until_time, slot_count
FROM processed_job_executions
WHERE job_id = :id AND store_id = :store_id
    AND scheduled_time > :after_time AND scheduled_time <= :cursor_at
    AND coalesce(until_time, scheduled_time) > :begin_at
ORDER BY scheduled_time
LIMIT :limit;
