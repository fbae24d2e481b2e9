-- What a tick leaves behind.

-- name: begin
INSERT INTO ticks (id, host, pid, started_at) VALUES (:id, :host, :pid, :now);

-- name: finish
UPDATE ticks
SET finished_at = :now, exit_code = :exit_code, error = :error, counts = :counts, duration_ms = :duration_ms,
    cpu_ms = :cpu_ms, memory_bytes = :memory_bytes
WHERE id = :id;

-- name: beat
-- Never back: a heartbeat that lies ahead says that the clock was ahead, until what that left behind is undone.
UPDATE heartbeat SET ticked_at = :now WHERE id = 1 AND coalesce(ticked_at, 0) <= :now;

-- name: stopped
SELECT reason FROM emergency_stop WHERE id = 1;
