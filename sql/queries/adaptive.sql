-- Adaptive schedules: what their governor looks at, what agents propose, and what was decided.

-- name: governed
-- Adaptive tasks with their last slot, whatever became of it, or the beginning of their schedule, and their open proposal.
SELECT t.id, t.store_id, t.interval_seconds, t.anchor_at, t.cron, t.timezone, t.min_interval_seconds,
    t.max_interval_seconds, t.fallback, t.enabled, t.paused_until, t.next_run_at,
    coalesce((
        SELECT coalesce(l.until_time, l.scheduled_time)
        FROM processed_task_executions AS l
        WHERE l.task_id = t.id AND l.store_id = t.store_id AND l.scheduled_time <= :now
        ORDER BY l.scheduled_time DESC
        LIMIT 1
    ), CASE WHEN t.created_at > :now THEN :now ELSE t.created_at END) AS last_slot, -- the clock may have been ahead
    p.id AS proposal_id, p.wanted_at, p.reason, p.expires_at
FROM tasks AS t
LEFT JOIN schedule_proposals AS p ON p.task_id = t.id AND p.state = 'open'
WHERE t.schedule_type = 'adaptive' AND t.min_interval_seconds IS NOT NULL AND t.max_interval_seconds IS NOT NULL
    AND (t.cron IS NOT NULL AND t.timezone IS NOT NULL OR t.interval_seconds IS NOT NULL AND t.anchor_at IS NOT NULL)
    -- [sqlite] AND t.id IN (SELECT value FROM json_each(:ids))
    -- [postgresql] AND t.id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
ORDER BY t.id;

-- name: results
-- What the latest runs of a task that ended were good for, newest first.
SELECT CASE
    WHEN r.state = 'failed' THEN 'failed'
    WHEN EXISTS (
        SELECT 1 FROM tool_calls AS c
        WHERE c.run_id = r.id AND c.name = 'finish_run' AND c.state = 'succeeded'
            -- [sqlite] AND c.arguments ->> 'status' = 'nothing_to_do'
            -- [postgresql] AND CAST(c.arguments AS json) ->> 'status' = 'nothing_to_do'
    ) THEN 'nothing_to_do'
    ELSE 'done' END AS result
FROM (
    SELECT id, state, queued_at
    FROM runs
    WHERE task_id = :task_id AND state IN ('succeeded', 'failed')
    ORDER BY queued_at DESC, id DESC
    LIMIT :limit
) AS r
ORDER BY r.queued_at DESC, r.id DESC;

-- name: lock
SELECT id FROM tasks WHERE id = :id AND schedule_type = 'adaptive'
-- [postgresql] FOR UPDATE
;

-- name: replace
UPDATE schedule_proposals SET state = 'replaced', settled_at = :now
WHERE store_id = :store_id AND task_id = :task_id AND state = 'open';

-- name: propose
INSERT INTO schedule_proposals (id, store_id, task_id, run_id, wanted_at, after_seconds, reason, expires_at, proposed_at)
VALUES (:id, :store_id, :task_id, :run_id, :wanted_at, :after_seconds, :reason, :expires_at, :now);

-- name: proposals
-- What was proposed for a task, newest first; with :is_open the open one alone.
SELECT id, store_id, task_id, run_id, wanted_at, after_seconds, reason, expires_at, state, proposed_at, settled_at
FROM schedule_proposals
WHERE store_id = :store_id AND task_id = :task_id AND (NOT :is_open OR state = 'open')
ORDER BY proposed_at DESC, id DESC
LIMIT :limit;

-- name: settle
UPDATE schedule_proposals SET state = :state, settled_at = :now WHERE id = :id AND state = 'open';

-- name: settle_taken
-- The slots to which open proposals led were taken; one that led to none yet, or to one to come, stays open.
UPDATE schedule_proposals
SET state = CASE WHEN d.source = 'proposal' THEN 'used' ELSE 'clamped' END, settled_at = :now
FROM schedule_decisions AS d
WHERE d.proposal_id = schedule_proposals.id AND schedule_proposals.state = 'open' AND d.next_run_at <= :now
    AND d.id = (SELECT max(x.id) FROM schedule_decisions AS x WHERE x.task_id = schedule_proposals.task_id)
    -- [sqlite] AND schedule_proposals.task_id IN (SELECT value FROM json_each(:ids))
    -- [postgresql] AND schedule_proposals.task_id IN
    -- [postgresql]     (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
;

-- name: record
INSERT INTO schedule_decisions (store_id, task_id, decided_at, next_run_at, source, inputs, proposal_id, run_id, said)
VALUES (:store_id, :task_id, :now, :next_run_at, :source, :inputs, :proposal_id, :run_id, :said);

-- name: set_next
UPDATE tasks SET next_run_at = :next_run_at WHERE id = :id;

-- name: decisions
-- What was decided for a task, newest first.
SELECT id, store_id, task_id, decided_at, next_run_at, source, inputs, proposal_id, run_id, said
FROM schedule_decisions
WHERE store_id = :store_id AND task_id = :task_id
ORDER BY id DESC
LIMIT :limit;

-- name: said
-- The latest decision about each of these tasks, in words.
SELECT d.task_id, d.said
FROM schedule_decisions AS d
-- [sqlite] WHERE d.task_id IN (SELECT value FROM json_each(:ids))
-- [postgresql] WHERE d.task_id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
    AND d.id = (SELECT max(x.id) FROM schedule_decisions AS x WHERE x.task_id = d.task_id);
