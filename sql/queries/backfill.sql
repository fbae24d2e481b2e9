-- Backfill: slots that nobody ran get their run after all, and slots that were run get another one if that is asked for.
-- A claim before the cursor goes through the UPDATE below, under the lock of the task's row. Nothing moves the schedule.

-- name: find
SELECT id, store_id, name, schedule_type, interval_seconds, anchor_at, cron, timezone, once_at, cursor_at, next_run_at,
    held, created_at
FROM tasks
WHERE id = :id AND (:store_id IS NULL OR store_id = :store_id);

-- name: lock
-- Nothing where somebody else holds the row: many tasks are locked in one transaction, in the order of priorities.
SELECT id, store_id, name, schedule_type, interval_seconds, anchor_at, cron, timezone, once_at, cursor_at, next_run_at,
    held, created_at
FROM tasks
WHERE id = :id
-- [postgresql] FOR UPDATE SKIP LOCKED
;

-- name: with_missed
-- Tasks that are neither disabled nor paused, with slots missed since then. A slot is accounted for after its time.
SELECT DISTINCT t.id, t.priority
FROM stores AS s
JOIN processed_task_executions AS l ON l.store_id = s.id AND l.processed_at >= :from_at
JOIN tasks AS t ON t.id = l.task_id AND t.store_id = l.store_id
WHERE l.disposition = 'missed' AND coalesce(l.until_time, l.scheduled_time) >= :from_at
    AND t.enabled AND (t.paused_until IS NULL OR t.paused_until <= :now)
    AND (:store_id IS NULL OR s.id = :store_id)
ORDER BY t.priority, t.id;

-- name: mean_costs
-- What a run of each of these tasks cost lately, in the mean; nothing where none has succeeded.
SELECT t.id, (
        SELECT CAST(avg(latest.cost_nanousd) AS bigint)
        FROM (
            SELECT r.cost_nanousd FROM runs AS r
            WHERE r.task_id = t.id AND r.state = 'succeeded'
            ORDER BY r.queued_at DESC
            LIMIT :limit
        ) AS latest
    ) AS mean_nanousd
FROM tasks AS t
-- [sqlite] WHERE t.id IN (SELECT value FROM json_each(:ids));
-- [postgresql] WHERE t.id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)));

-- name: open_run
-- The live run, or else the one that is next.
SELECT id, state, waiting_for, not_before
FROM runs
-- [sqlite] INDEXED BY runs_open
WHERE task_id = :task_id AND state IN ('queued', 'running', 'waiting')
ORDER BY CASE state WHEN 'queued' THEN 2 ELSE 1 END, queued_at, id
LIMIT 1;

-- name: unclaimed
-- How many slots of their own row nobody ran, with the first and the last of them.
SELECT count(*) AS slot_count, min(l.scheduled_time) AS first, max(l.scheduled_time) AS last
FROM processed_task_executions AS l
WHERE l.task_id = :owner_id AND l.store_id = :store_id AND l.scheduled_time BETWEEN :from_at AND :until_at
    AND l.disposition <> 'claimed' AND l.until_time IS NULL AND (NOT :is_missed OR l.disposition = 'missed');

-- name: ranges
-- Rows that stand for many slots and reach into the span.
SELECT l.scheduled_time, l.disposition, l.until_time, l.slot_count
FROM processed_task_executions AS l
WHERE l.task_id = :owner_id AND l.store_id = :store_id AND l.scheduled_time <= :until_at
    AND l.until_time >= :from_at AND (NOT :is_missed OR l.disposition = 'missed')
ORDER BY l.scheduled_time;

-- name: ended
-- How many claimed slots may be run again: their newest run has ended, before this began.
SELECT count(*) AS slot_count, min(l.scheduled_time) AS first, max(l.scheduled_time) AS last
FROM processed_task_executions AS l
JOIN runs AS r ON r.task_id = l.task_id AND r.scheduled_time = l.scheduled_time AND r.store_id = l.store_id
WHERE l.task_id = :owner_id AND l.store_id = :store_id AND l.scheduled_time BETWEEN :from_at AND :until_at
    AND l.disposition = 'claimed'
    AND r.queued_at < :began_at AND (r.state = 'failed' OR (NOT :is_failed AND r.finished_at IS NOT NULL))
    AND EXISTS (SELECT 1 FROM runs AS o WHERE o.id = l.run_id)
    AND NOT EXISTS (
        SELECT 1 FROM runs AS n
        WHERE n.task_id = r.task_id AND n.scheduled_time = r.scheduled_time AND n.store_id = r.store_id
            AND (n.queued_at, n.rerun_of IS NOT NULL, n.id) > (r.queued_at, r.rerun_of IS NOT NULL, r.id)
    );

-- name: next
-- The first row, or the last, in which a slot is left to run. Before the span only the row next to it can reach into it.
SELECT l.scheduled_time, l.disposition, l.until_time, l.slot_count, l.run_id
FROM processed_task_executions AS l
WHERE l.task_id = :owner_id AND l.store_id = :store_id AND l.scheduled_time <= :until_at
    AND l.scheduled_time >= coalesce((
        SELECT max(p.scheduled_time) FROM processed_task_executions AS p
        WHERE p.task_id = :owner_id AND p.store_id = :store_id AND p.scheduled_time < :from_at
    ), :from_at)
    AND coalesce(l.until_time, l.scheduled_time) >= :from_at
    AND (
        (l.disposition <> 'claimed' AND (NOT :is_missed OR l.disposition = 'missed'))
        OR (l.disposition = 'claimed' AND :with_ended AND EXISTS (
            SELECT 1 FROM runs AS r
            JOIN runs AS o ON o.id = l.run_id
            WHERE r.task_id = l.task_id AND r.scheduled_time = l.scheduled_time AND r.store_id = l.store_id
                AND r.queued_at < :began_at AND (r.state = 'failed' OR (NOT :is_failed AND r.finished_at IS NOT NULL))
                AND NOT EXISTS (
                    SELECT 1 FROM runs AS n
                    WHERE n.task_id = r.task_id AND n.scheduled_time = r.scheduled_time AND n.store_id = r.store_id
                        AND (n.queued_at, n.rerun_of IS NOT NULL, n.id) > (r.queued_at, r.rerun_of IS NOT NULL, r.id)
                )
        ))
    )
ORDER BY CASE WHEN :is_newest_first THEN -l.scheduled_time ELSE l.scheduled_time END
LIMIT 1;

-- name: add_part
-- A part of a range becomes a row of its own, as old as the range.
INSERT INTO processed_task_executions
    (task_id, scheduled_time, store_id, disposition, until_time, slot_count, batch_id, processed_at)
SELECT task_id, :scheduled_time, store_id, disposition, :until_time, :slot_count, batch_id, processed_at
FROM processed_task_executions
WHERE task_id = :owner_id AND scheduled_time = :range_time AND store_id = :store_id;

-- name: shorten
-- The range's own row keeps its first part.
UPDATE processed_task_executions
SET until_time = :until_time, slot_count = :slot_count
WHERE task_id = :owner_id AND scheduled_time = :range_time AND store_id = :store_id;

-- name: claim
UPDATE processed_task_executions
SET disposition = 'claimed', run_id = :run_id, until_time = NULL, batch_id = :batch_id, processed_at = :now
WHERE task_id = :owner_id AND scheduled_time = :scheduled_time AND store_id = :store_id
    AND disposition <> 'claimed' AND slot_count = 1;
