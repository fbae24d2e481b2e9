-- A run's transcript: append-only and verbatim. Every statement here follows `runs.step` in its transaction.

-- name: request
SELECT request FROM run_requests WHERE run_id = :run_id;

-- name: freeze
INSERT INTO run_requests (run_id, store_id, request) VALUES (:run_id, :store_id, :request);

-- name: opening
SELECT opening FROM run_attempts WHERE run_id = :run_id AND attempt = :attempt;

-- name: open_attempt
INSERT INTO run_attempts (run_id, attempt, store_id, opening, started_at)
VALUES (:run_id, :attempt, :store_id, :opening, :now);

-- name: of_attempt
SELECT turn, response, stop_reason, reply FROM turns WHERE run_id = :run_id AND attempt = :attempt ORDER BY turn;

-- name: begin_call
INSERT INTO llm_calls (id, store_id, run_id, turn, fence, model, estimated_nanousd, started_at)
VALUES (:id, :store_id, :run_id, :turn, :fence, :model, :estimated_nanousd, :now);

-- name: end_call
UPDATE llm_calls
SET state = :state, tries = :tries, cost_nanousd = :cost_nanousd, input_tokens = :input_tokens,
    output_tokens = :output_tokens, cache_write_tokens = :cache_write_tokens, cache_read_tokens = :cache_read_tokens,
    provider_request_id = :request, error = :error, duration_ms = :duration_ms
WHERE id = :id;

-- name: withdraw_call
DELETE FROM llm_calls WHERE id = :id AND state = 'open';

-- name: lose_calls
-- A call left open by a worker that is gone: nobody knows whether it was paid for, so it is booked as if it was.
UPDATE llm_calls SET state = 'lost', cost_nanousd = estimated_nanousd, error = :error
WHERE run_id = :run_id AND state = 'open'
RETURNING cost_nanousd;

-- name: record
INSERT INTO turns (run_id, turn, store_id, attempt, response, stop_reason, reply, created_at)
VALUES (:run_id, :turn, :store_id, :attempt, :response, :stop_reason, :reply, :now);

-- name: record_call
INSERT INTO tool_calls (
    run_id, turn, position, store_id, tool_use_id, name, arguments, effect, state, result, created_at, finished_at
)
VALUES (
    :run_id, :turn, :position, :store_id, :tool_use, :name, :arguments, :effect, :state, :result, :now, :finished_at
);

-- name: calls_of_turn
SELECT position, tool_use_id, name, arguments, effect, state, result
FROM tool_calls WHERE run_id = :run_id AND turn = :turn ORDER BY position;

-- name: start_tool
UPDATE tool_calls SET state = 'started'
WHERE run_id = :run_id AND turn = :turn AND position = :position AND state IN ('intended', 'started');

-- name: answer
UPDATE tool_calls SET state = :state, result = :result, finished_at = :now
WHERE run_id = :run_id AND turn = :turn AND position = :position AND state IN ('intended', 'started');

-- name: reply
UPDATE turns SET reply = :reply WHERE run_id = :run_id AND turn = :turn AND reply IS NULL;

-- name: log
INSERT INTO run_logs (run_id, position, store_id, logged_at, level, event, fields)
VALUES (:run_id, :position, :store_id, :now, :level, :event, :fields);

-- name: last_log
SELECT coalesce(max(position), 0) AS position FROM run_logs WHERE run_id = :run_id;

-- name: refuse_provider
INSERT INTO provider_circuits (provider, reason, opened_at, retry_at)
VALUES (:provider, :reason, :now, :retry_at)
ON CONFLICT (provider) DO UPDATE SET reason = excluded.reason, opened_at = excluded.opened_at, retry_at = excluded.retry_at;

-- name: accept_provider
DELETE FROM provider_circuits
WHERE provider = :provider AND opened_at < (SELECT c.started_at FROM llm_calls AS c WHERE c.id = :id);

-- name: recent_runs
SELECT scheduled_time, finished_at, state, error_class, output, error
FROM runs
WHERE task_id = :task_id AND id <> :run_id AND state IN ('succeeded', 'failed', 'cancelled')
ORDER BY queued_at DESC, id DESC
LIMIT :limit;

-- name: earlier_attempts
SELECT attempt, error_class, error FROM run_attempts WHERE run_id = :run_id AND finished_at IS NOT NULL ORDER BY attempt;

-- name: done_before
-- What earlier attempts of this run already did in this database.
SELECT name, arguments FROM tool_calls
WHERE run_id = :run_id AND state = 'succeeded' AND effect <> 'read' ORDER BY turn, position;
