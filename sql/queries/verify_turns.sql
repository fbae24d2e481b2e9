-- What must hold for transcripts, tool calls and model calls: each statement finds the rows that break one promise.

-- name: turns_are_numbered
SELECT r.id, r.store_id,
    'counts ' || r.turns || ' turns and has ' || coalesce(t.turn_count, 0) || ', up to ' || coalesce(t.last, 0) AS said,
    count(*) OVER () AS total
FROM runs AS r
LEFT JOIN (
    SELECT run_id, count(*) AS turn_count, min(turn) AS first, max(turn) AS last FROM turns GROUP BY run_id
) AS t ON t.run_id = r.id
WHERE (t.first <> 1 OR coalesce(t.turn_count, 0) <> r.turns OR coalesce(t.last, 0) <> r.turns)
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: turns_belong_to_attempts
SELECT t.run_id AS id, t.store_id,
    'turn ' || t.turn || ' belongs to attempt ' || t.attempt || CASE
        WHEN a.run_id IS NULL THEN ', which is not on record' ELSE ', and the turn before it to a later one'
    END AS said,
    count(*) OVER () AS total
FROM turns AS t
LEFT JOIN run_attempts AS a ON a.run_id = t.run_id AND a.attempt = t.attempt
LEFT JOIN turns AS before ON before.run_id = t.run_id AND before.turn = t.turn - 1 AND before.attempt > t.attempt
WHERE (a.run_id IS NULL OR before.run_id IS NOT NULL) AND (:store_id IS NULL OR t.store_id = :store_id)
ORDER BY t.run_id, t.turn
LIMIT :limit;

-- name: tool_turns_are_replied_to
SELECT t.run_id AS id, t.store_id, 'turn ' || t.turn || ' asked for tools, has no reply, and the run went on' AS said,
    count(*) OVER () AS total
FROM turns AS t
JOIN runs AS r ON r.id = t.run_id
WHERE t.stop_reason = 'tool_use' AND t.reply IS NULL
    AND (
        r.state = 'succeeded'
        OR EXISTS (SELECT 1 FROM turns AS n WHERE n.run_id = t.run_id AND n.turn = t.turn + 1 AND n.attempt = t.attempt)
    )
    AND (:store_id IS NULL OR t.store_id = :store_id)
ORDER BY t.run_id, t.turn
LIMIT :limit;

-- name: replies_follow_all_results
SELECT c.run_id AS id, c.store_id,
    'call ' || c.position || ' (' || c.name || ') of turn ' || c.turn || ' is ' || c.state || ', and the turn has its reply' AS said,
    count(*) OVER () AS total
FROM tool_calls AS c
JOIN turns AS t ON t.run_id = c.run_id AND t.turn = c.turn
WHERE t.reply IS NOT NULL AND c.state IN ('intended', 'started') AND (:store_id IS NULL OR c.store_id = :store_id)
ORDER BY c.run_id, c.turn, c.position
LIMIT :limit;

-- name: tool_calls_are_counted
SELECT r.id, r.store_id, 'counts ' || r.tool_calls || ' tool calls and has ' || coalesce(c.call_count, 0) AS said,
    count(*) OVER () AS total
FROM runs AS r
LEFT JOIN (SELECT run_id, count(*) AS call_count FROM tool_calls GROUP BY run_id) AS c ON c.run_id = r.id
WHERE coalesce(c.call_count, 0) <> r.tool_calls AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: tool_calls_are_numbered
SELECT f.run_id AS id, f.store_id,
    'turn ' || f.turn || ' has ' || f.call_count || ' tool calls, numbered ' || f.first || ' to ' || f.last AS said,
    count(*) OVER () AS total
FROM (
    SELECT run_id, turn, min(CAST(store_id AS text)) AS store_id, count(*) AS call_count,
        min(position) AS first, max(position) AS last
    FROM tool_calls
    WHERE (:store_id IS NULL OR store_id = :store_id)
    GROUP BY run_id, turn
    HAVING min(position) <> 1 OR count(*) <> max(position)
) AS f
ORDER BY f.run_id, f.turn
LIMIT :limit;

-- name: tool_calls_are_settled
SELECT c.run_id AS id, c.store_id,
    'call ' || c.position || ' (' || c.name || ') of turn ' || c.turn || ' is ' || c.state || ', and the run is ' || r.state AS said,
    count(*) OVER () AS total
FROM tool_calls AS c
JOIN runs AS r ON r.id = c.run_id
WHERE c.state IN ('intended', 'started') AND r.state IN ('succeeded', 'failed', 'cancelled')
    AND (:store_id IS NULL OR c.store_id = :store_id)
ORDER BY c.run_id, c.turn, c.position
LIMIT :limit;

-- name: settled_means_answered
SELECT c.run_id AS id, c.store_id,
    'call ' || c.position || ' (' || c.name || ') of turn ' || c.turn || ' is ' || c.state || ' with '
        || CASE WHEN c.result IS NULL THEN 'no result' ELSE 'a result' END || ', ended '
        || coalesce('@' || c.finished_at, 'never') AS said,
    count(*) OVER () AS total
FROM tool_calls AS c
WHERE (
        (c.state IN ('intended', 'started')) <> (c.finished_at IS NULL)
        OR (c.state IN ('intended', 'started')) <> (c.result IS NULL)
    )
    AND (:store_id IS NULL OR c.store_id = :store_id)
ORDER BY c.run_id, c.turn, c.position
LIMIT :limit;

-- name: effects_are_on_record
-- A card and the result of the call that made it are written together; people may delete cards, so there may be fewer.
SELECT r.id, r.store_id,
    'made ' || made.card_count || ' cards with ' || coalesce(calls.call_count, 0) || ' recorded calls' AS said,
    count(*) OVER () AS total
FROM runs AS r
JOIN (SELECT run_id, count(*) AS card_count FROM run_cards GROUP BY run_id) AS made ON made.run_id = r.id
LEFT JOIN (
    SELECT run_id, count(*) AS call_count
    FROM tool_calls
    WHERE name = 'create_card' AND state = 'succeeded'
    GROUP BY run_id
) AS calls ON calls.run_id = r.id
WHERE made.card_count > coalesce(calls.call_count, 0) AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;

-- name: calls_are_open_while_running
SELECT c.run_id AS id, c.store_id,
    'call ' || c.id || ' for turn ' || c.turn || ' is open, and the run is ' || r.state AS said, count(*) OVER () AS total
FROM llm_calls AS c
JOIN runs AS r ON r.id = c.run_id
WHERE c.state = 'open' AND r.state <> 'running' AND (:store_id IS NULL OR c.store_id = :store_id)
ORDER BY c.run_id, c.id
LIMIT :limit;

-- name: turns_have_one_answer
SELECT f.run_id AS id, f.store_id, f.said, count(*) OVER () AS total
FROM (
    SELECT t.run_id, t.turn, t.store_id,
        'turn ' || t.turn || ' is on record with ' || count(c.id) || ' answered calls' AS said
    FROM turns AS t
    LEFT JOIN llm_calls AS c ON c.run_id = t.run_id AND c.turn = t.turn AND c.state = 'answered'
    GROUP BY t.run_id, t.turn, t.store_id
    HAVING count(c.id) <> 1
    UNION ALL
    SELECT c.run_id, c.turn, c.store_id, 'call ' || c.id || ' was answered, and its turn ' || c.turn || ' is not on record'
    FROM llm_calls AS c
    WHERE c.state = 'answered'
        AND NOT EXISTS (SELECT 1 FROM turns AS t WHERE t.run_id = c.run_id AND t.turn = c.turn)
) AS f
WHERE (:store_id IS NULL OR f.store_id = :store_id)
ORDER BY f.run_id, f.turn
LIMIT :limit;

-- name: usage_adds_up
-- Calls that were lost cost what was estimated; the run counts every token of a prompt, cached or not.
SELECT r.id, r.store_id,
    'counts ' || r.input_tokens || ' and ' || r.output_tokens || ' tokens for ' || r.cost_nanousd || ' nano-dollars, its calls '
        || coalesce(c.input_tokens, 0) || ' and ' || coalesce(c.output_tokens, 0) || ' for ' || coalesce(c.cost_nanousd, 0) AS said,
    count(*) OVER () AS total
FROM runs AS r
LEFT JOIN (
    SELECT run_id, sum(input_tokens + cache_write_tokens + cache_read_tokens) AS input_tokens,
        sum(output_tokens) AS output_tokens, sum(cost_nanousd) AS cost_nanousd
    FROM llm_calls
    GROUP BY run_id
) AS c ON c.run_id = r.id
WHERE (
        coalesce(c.input_tokens, 0) <> r.input_tokens
        OR coalesce(c.output_tokens, 0) <> r.output_tokens
        OR coalesce(c.cost_nanousd, 0) <> r.cost_nanousd
    )
    AND (:store_id IS NULL OR r.store_id = :store_id)
ORDER BY r.queued_at, r.id
LIMIT :limit;
