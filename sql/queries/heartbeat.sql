-- An idle tick leaves this and nothing else. Run through the bare driver.
-- name: beat
UPDATE heartbeat SET ticked_at = :now, idle_ticks = idle_ticks + 1 WHERE id = 1
