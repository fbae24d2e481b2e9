-- What a clock that was ahead has left behind, once it has been set back: undone in one transaction.

-- name: lower_heartbeat
-- The gate: of several processes one gets the row, the others find it lowered.
UPDATE heartbeat SET ticked_at = :now WHERE id = 1 AND ticked_at > :latest_at
RETURNING id;

-- name: lower_edit
UPDATE latest_edit SET edited_at = :now WHERE id = 1 AND edited_at > :latest_at
RETURNING id;

-- name: ahead
-- Tasks whose cursor stands in a time to come, a page at a time.
SELECT id, schedule_type, interval_seconds, anchor_at, cron, timezone, once_at, enabled, paused_until, cursor_at,
    created_at, updated_at
FROM tasks
WHERE cursor_at > :latest_at AND id > :after_id
ORDER BY id
LIMIT :limit
-- [postgresql] FOR UPDATE
;

-- name: straddling
-- Range rows that begin in the past and end in a time to come; no other row of the task begins between the two.
SELECT l.task_id AS id, l.scheduled_time, l.disposition, l.until_time, l.slot_count
FROM processed_task_executions AS l
-- [sqlite] JOIN (SELECT value AS task_id FROM json_each(:ids)) AS ahead ON l.task_id = ahead.task_id
-- [postgresql] JOIN (SELECT CAST(value AS uuid) AS task_id FROM json_array_elements_text(CAST(:ids AS json))) AS ahead
-- [postgresql]     ON l.task_id = ahead.task_id
WHERE l.until_time > :now AND l.scheduled_time = (
    SELECT max(past.scheduled_time) FROM processed_task_executions AS past
    WHERE past.task_id = ahead.task_id AND past.scheduled_time <= :now
);

-- name: cut
UPDATE processed_task_executions SET until_time = :until_time, slot_count = :slot_count
WHERE task_id = :id AND scheduled_time = :scheduled_time;

-- name: forget
-- Slots to come that nobody runs; a claim stays, so that its slot does not run again.
DELETE FROM processed_task_executions
WHERE scheduled_time > :now AND disposition <> 'claimed'
    -- [sqlite] AND task_id IN (SELECT value FROM json_each(:ids))
    -- [postgresql] AND task_id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
;

-- name: move_back
UPDATE tasks
SET cursor_at = d.cursor_at, anchor_at = d.anchor_at, next_run_at = d.next_run_at, held = false, held_slot = NULL
FROM (
    -- [sqlite] SELECT value ->> 0 AS id, value ->> 1 AS cursor_at, value ->> 2 AS anchor_at, value ->> 3 AS next_run_at
    -- [sqlite] FROM json_each(:moves)
    -- [postgresql] SELECT CAST(value ->> 0 AS uuid) AS id, CAST(value ->> 1 AS bigint) AS cursor_at,
    -- [postgresql]     CAST(value ->> 2 AS bigint) AS anchor_at, CAST(value ->> 3 AS bigint) AS next_run_at
    -- [postgresql] FROM jsonb_array_elements(CAST(:moves AS jsonb)) AS value
) AS d
WHERE tasks.id = d.id;

-- name: shorten_leases
-- No lease outlasts one that begins now: a worker that lives renews it, and one that is gone does not keep its run.
UPDATE runs SET lease_expires_at = :lease_at WHERE state = 'running' AND lease_expires_at > :lease_at;

-- name: shorten_waits
-- What began to wait in a time to come waits as long from now on. No retry waits longer than its task has it, and nothing
-- else longer than most retries.
UPDATE runs
SET waiting_since = CASE WHEN waiting_since > :now THEN :now ELSE waiting_since END,
    not_before = CASE
        WHEN waiting_since > :now AND not_before - waiting_since <= w.longest THEN :now + not_before - waiting_since
        WHEN not_before > :now + w.longest THEN :now + w.longest
        ELSE not_before
    END
FROM (
    SELECT r.id, CASE WHEN r.waiting_for = 'retry' THEN t.retry_cap_seconds ELSE :longest_seconds END AS longest
    FROM runs AS r
    JOIN tasks AS t ON t.id = r.task_id
    WHERE r.state = 'waiting'
) AS w
WHERE runs.id = w.id AND state = 'waiting' AND (waiting_since > :now OR not_before > :now + w.longest);

-- name: shorten_refusals
UPDATE provider_circuits SET opened_at = :now, retry_at = :now WHERE opened_at > :now;
