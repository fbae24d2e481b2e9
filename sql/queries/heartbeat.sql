-- An idle tick leaves this and nothing else. Run through the bare driver.
-- name: beat
UPDATE heartbeat SET ticked_at = CASE WHEN ticked_at > :now THEN ticked_at ELSE :now END, idle_ticks = idle_ticks + 1 WHERE id = 1
