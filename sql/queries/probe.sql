-- Is there anything to do? One branch for each kind of work, each over a partial index. Run through the bare driver.
-- name: probe
SELECT
    EXISTS (SELECT 1 FROM tasks WHERE next_run_at <= :now AND NOT held)
    OR EXISTS (
        SELECT 1 FROM tasks
        WHERE schedule_type = 'file_watch' AND enabled AND (paused_until IS NULL OR paused_until <= :now)
    )
    OR EXISTS (SELECT 1 FROM jobs WHERE next_run_at IS NOT NULL AND next_run_at <= :now)
    OR EXISTS (SELECT 1 FROM runs WHERE state = 'queued')
    OR EXISTS (SELECT 1 FROM runs WHERE state = 'waiting' AND not_before <= :now)
    OR EXISTS (SELECT 1 FROM runs WHERE state = 'running' AND lease_expires_at < :now)
    OR EXISTS (SELECT 1 FROM approvals WHERE state = 'pending' AND expires_at <= :now)
    OR EXISTS (SELECT 1 FROM outbox WHERE state = 'pending' AND not_before <= :now)
    OR (SELECT max(version) FROM schema_migrations) < :schema_version
    -- the clock stands before the latest tick, or before the latest change of a task: look closer
    OR (SELECT ticked_at FROM heartbeat WHERE id = 1) > :now + 60
    OR (SELECT edited_at FROM latest_edit WHERE id = 1) > :now + 60
