-- Materialising: what is due becomes ledger rows, runs and a moved cursor, in statements over sets.
-- A batch id stands for the bulk statement, so that the runs can be made from the ledger rows that were really won.
-- Left to itself SQLite takes an index over all runs a task ever had to find the open one; Postgres knows better.

-- name: claim_interval
-- The common case wholly in SQL: an interval task with exactly one due slot, on time, and no open run.
INSERT INTO processed_task_executions
    (task_id, scheduled_time, store_id, disposition, run_id, batch_id, processed_at)
SELECT t.id, t.next_run_at, t.store_id, 'claimed',
    -- [postgresql] gen_random_uuid(),
    -- [sqlite] lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
    -- [sqlite]     || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))),
    :batch_id, :now
FROM tasks AS t
WHERE t.next_run_at <= :now AND NOT t.held
    AND t.next_run_at >= :now - :window_seconds
    AND t.schedule_type = 'interval'
    AND t.next_run_at + t.interval_seconds > :now
    AND t.paused_until IS NULL
    AND (:with_model OR t.kind = 'claude_code')
    AND (:store_id IS NULL OR t.store_id = :store_id)
    AND NOT EXISTS (
        SELECT 1 FROM runs AS r
        -- [sqlite] INDEXED BY runs_open
        WHERE r.task_id = t.id AND r.state IN ('queued', 'running', 'waiting')
    )
-- [postgresql] ORDER BY t.id
-- [postgresql] FOR UPDATE OF t SKIP LOCKED
ON CONFLICT (task_id, scheduled_time, store_id) DO NOTHING;

-- name: advance_interval
UPDATE tasks
SET cursor_at = :now, next_run_at = l.scheduled_time + tasks.interval_seconds, held_slot = NULL
FROM processed_task_executions AS l
WHERE l.batch_id = :batch_id AND l.disposition = 'claimed' AND tasks.id = l.task_id;

-- name: due
-- Due tasks in pages, or the one that is named; the page's end is (:after_at, :after_id).
SELECT t.id, t.store_id, t.name, t.schedule_type, t.interval_seconds, t.anchor_at, t.cron, t.timezone, t.once_at,
    t.cursor_at, t.next_run_at, t.paused_until, t.held_slot, t.version, t.overlap,
    coalesce(t.misfire, s.misfire) AS misfire,
    EXISTS (
        SELECT 1 FROM runs AS r
        -- [sqlite] INDEXED BY runs_open
        WHERE r.task_id = t.id AND r.state IN ('queued', 'running', 'waiting')
    ) AS has_open_run,
    EXISTS (
        SELECT 1 FROM runs AS r
        -- [sqlite] INDEXED BY runs_open
        WHERE r.task_id = t.id AND r.state IN ('queued', 'running', 'waiting') AND r.trigger = 'backfill'
    ) AS open_run_is_backfill,
    CASE WHEN t.held_slot IS NOT NULL
        -- an end that lies ahead was written while the clock was ahead
        THEN (SELECT max(past.finished_at) FROM runs AS past WHERE past.task_id = t.id AND past.finished_at <= :now) END
        AS busy_until
FROM tasks AS t
JOIN stores AS s ON s.id = t.store_id
WHERE t.next_run_at <= :now AND NOT t.held
    AND (:with_model OR t.kind = 'claude_code')
    AND (:store_id IS NULL OR t.store_id = :store_id)
    AND (:id IS NULL OR t.id = :id)
    AND (t.next_run_at, t.id) > (:after_at, :after_id)
ORDER BY t.next_run_at, t.id
LIMIT :limit;

-- name: advance
-- Compare-and-set of what was decided outside: only tasks that nobody moved or edited meanwhile.
UPDATE tasks
SET cursor_at = d.cursor_at, next_run_at = d.next_run_at, held_slot = d.held_slot, paused_until = NULL,
    held = d.held_slot IS NOT NULL AND EXISTS ( -- the run in the way may have ended meanwhile
        SELECT 1 FROM runs AS r
        -- [sqlite] INDEXED BY runs_open
        WHERE r.task_id = tasks.id AND r.state IN ('queued', 'running', 'waiting')
    )
FROM (
    SELECT value ->> 0 AS id, value ->> 1 AS version, value ->> 2 AS was_at,
        value ->> 3 AS cursor_at, value ->> 4 AS next_run_at, value ->> 5 AS held_slot, value ->> 6 AS was_next_at
    FROM json_each(:decisions)
) AS d
WHERE tasks.id = d.id AND tasks.version = d.version AND tasks.cursor_at = d.was_at AND NOT tasks.held
    AND (d.was_next_at IS NULL OR tasks.next_run_at = d.was_next_at)
RETURNING tasks.id;

-- name: record
INSERT INTO processed_task_executions
    (task_id, store_id, scheduled_time, disposition, run_id, until_time, slot_count, batch_id, processed_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3,
    CASE value ->> 3 WHEN 'claimed' THEN
        lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
            || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))
    END,
    value ->> 4, value ->> 5, :batch_id, :now
FROM json_each(:entries)
WHERE true
ON CONFLICT (task_id, scheduled_time, store_id) DO NOTHING;

-- name: passed_over
-- Which rows of slots that do not run a batch really wrote.
SELECT l.task_id, l.store_id, l.disposition, l.scheduled_time, l.until_time, l.slot_count
FROM (
    -- [sqlite] SELECT value ->> 0 AS task_id, value ->> 1 AS store_id, value ->> 2 AS scheduled_time
    -- [sqlite] FROM json_each(:entries)
    -- [postgresql] SELECT CAST(value ->> 0 AS uuid) AS task_id, CAST(value ->> 1 AS uuid) AS store_id,
    -- [postgresql]     CAST(value ->> 2 AS bigint) AS scheduled_time
    -- [postgresql] FROM jsonb_array_elements(CAST(:entries AS jsonb)) AS value
) AS g
JOIN processed_task_executions AS l
    ON l.task_id = g.task_id AND l.scheduled_time = g.scheduled_time AND l.store_id = g.store_id
WHERE l.batch_id = :batch_id
ORDER BY l.task_id, l.scheduled_time;

-- name: claimed_within
-- Claims that lie in ranges of slots which are about to be accounted for.
SELECT l.task_id AS id, g.begins_at, l.scheduled_time
-- [sqlite] FROM (
-- [sqlite]     SELECT value ->> 0 AS task_id, value ->> 1 AS begins_at, value ->> 2 AS ends_at FROM json_each(:ranges)
-- [sqlite] ) AS g
-- [postgresql] FROM (
-- [postgresql]     SELECT CAST(value ->> 0 AS uuid) AS task_id, CAST(value ->> 1 AS bigint) AS begins_at,
-- [postgresql]         CAST(value ->> 2 AS bigint) AS ends_at
-- [postgresql]     FROM jsonb_array_elements(CAST(:ranges AS jsonb)) AS value
-- [postgresql] ) AS g
JOIN processed_task_executions AS l
    ON l.task_id = g.task_id AND l.scheduled_time >= g.begins_at AND l.scheduled_time <= g.ends_at
    AND l.disposition = 'claimed';

-- name: queue_claimed
-- A run for each slot that this batch won.
INSERT INTO runs (id, store_id, task_id, trigger, scheduled_time, state, priority, queued_at)
SELECT l.run_id, l.store_id, l.task_id, CASE WHEN t.schedule_type = 'adaptive' THEN 'adaptive' ELSE 'schedule' END,
    l.scheduled_time, 'queued', t.priority, :now
FROM processed_task_executions AS l
JOIN tasks AS t ON t.id = l.task_id
WHERE l.batch_id = :batch_id AND l.disposition = 'claimed';

-- name: needs_model
-- Is anything due that cannot run without a model?
SELECT 1
WHERE EXISTS (
    SELECT 1 FROM tasks
    WHERE next_run_at <= :now AND NOT held AND kind <> 'claude_code' AND (:store_id IS NULL OR store_id = :store_id)
) OR EXISTS (
    SELECT 1 FROM jobs WHERE next_run_at <= :now AND (:store_id IS NULL OR store_id = :store_id)
) OR EXISTS (
    SELECT 1 FROM runs WHERE state = 'queued' AND (:store_id IS NULL OR store_id = :store_id)
) OR EXISTS (
    SELECT 1 FROM runs WHERE state = 'waiting' AND not_before <= :now AND (:store_id IS NULL OR store_id = :store_id)
) OR EXISTS (
    SELECT 1 FROM runs WHERE state = 'running' AND lease_expires_at < :now AND (:store_id IS NULL OR store_id = :store_id)
);
