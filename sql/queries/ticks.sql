-- What a tick leaves behind.

-- name: begin
INSERT INTO ticks (id, host, pid, started_at) VALUES (:id, :host, :pid, :now);

-- name: finish
UPDATE ticks
SET finished_at = :now, exit_code = :exit_code, error = :error, counts = :counts, duration_ms = :duration_ms,
    cpu_ms = :cpu_ms, memory_bytes = :memory_bytes
WHERE id = :id;

-- name: beat
UPDATE heartbeat SET ticked_at = :now WHERE id = 1;

-- name: stopped
SELECT reason FROM emergency_stop WHERE id = 1;
