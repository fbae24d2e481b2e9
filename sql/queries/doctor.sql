-- What `processor doctor` asks.

-- name: touch_nothing
-- Fails where nothing can be written, and changes no row where it can.
UPDATE heartbeat SET ticked_at = :now WHERE id = 0;
