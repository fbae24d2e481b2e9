-- Runs as people and programs look at them. Nothing here writes.

-- name: newest
SELECT r.*, t.name AS task_name, (
        -- [sqlite] SELECT group_concat(made.card_id, ' ')
        -- [postgresql] SELECT string_agg(CAST(made.card_id AS text), ' ')
        FROM (
            SELECT rc.card_id
            FROM run_cards AS rc
            JOIN cards AS c ON c.id = rc.card_id
            WHERE rc.run_id = r.id
            ORDER BY c.created_at, c.position, c.id
        ) AS made
    ) AS created_card_ids
FROM runs AS r
JOIN tasks AS t ON t.id = r.task_id
WHERE r.store_id = :store_id
    AND (:task_id IS NULL OR r.task_id = :task_id)
    AND (CAST(:state AS text) IS NULL OR r.state = :state)
ORDER BY r.queued_at DESC, r.id DESC
LIMIT :limit;

-- name: among
SELECT r.*, t.name AS task_name, (
        -- [sqlite] SELECT group_concat(made.card_id, ' ')
        -- [postgresql] SELECT string_agg(CAST(made.card_id AS text), ' ')
        FROM (
            SELECT rc.card_id
            FROM run_cards AS rc
            JOIN cards AS c ON c.id = rc.card_id
            WHERE rc.run_id = r.id
            ORDER BY c.created_at, c.position, c.id
        ) AS made
    ) AS created_card_ids
FROM runs AS r
JOIN tasks AS t ON t.id = r.task_id
-- [sqlite] WHERE r.id IN (SELECT value FROM json_each(:ids))
-- [postgresql] WHERE r.id IN (SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(:ids AS json)))
    AND (:store_id IS NULL OR r.store_id = :store_id);

-- name: logs
SELECT position, logged_at, level, event, fields
FROM run_logs WHERE run_id = :run_id AND store_id = :store_id ORDER BY position;

-- name: request
SELECT request FROM run_requests WHERE run_id = :run_id AND store_id = :store_id;

-- name: attempts
SELECT attempt, opening, started_at, finished_at, error_class, error
FROM run_attempts WHERE run_id = :run_id AND store_id = :store_id ORDER BY attempt;

-- name: turns
SELECT turn, attempt, stop_reason, response, reply, created_at
FROM turns WHERE run_id = :run_id AND store_id = :store_id ORDER BY turn;

-- name: tool_calls
SELECT turn, position, name, effect, state, arguments, result
FROM tool_calls WHERE run_id = :run_id AND store_id = :store_id ORDER BY turn, position;

-- name: ready
-- What the next tick would take up, in its order: runs that wait no longer, then queued ones, then those of silent workers,
-- and at last those that are to be executed alone.
SELECT id
FROM runs
WHERE (
        (state = 'running' AND lease_expires_at < :now AND recoveries < :most_count AND cancel_requested_at IS NULL)
        OR (state = 'waiting' AND not_before <= :now)
        OR state = 'queued'
    )
    AND (:store_id IS NULL OR store_id = :store_id)
ORDER BY CASE
        WHEN recoveries + CASE state WHEN 'running' THEN 1 ELSE 0 END < :suspect_count THEN 1
        -- see runs.passed_turn
        WHEN state = 'waiting' AND EXISTS (
            SELECT 1
            FROM llm_calls AS c
            JOIN turns AS t ON t.run_id = c.run_id AND t.turn = c.turn
            WHERE c.run_id = runs.id AND c.fence >= runs.recovery_fence AND c.state = 'answered'
                AND (t.reply IS NOT NULL OR coalesce(t.stop_reason, '') <> 'tool_use')
        ) THEN 1
        ELSE 2
    END,
    CASE state WHEN 'waiting' THEN 1 WHEN 'queued' THEN 2 ELSE 3 END, priority, queued_at, id;
