-- Adaptive schedules: what agents ask for, and what the governor made of it.

ALTER TABLE tasks ADD COLUMN fallback TEXT NOT NULL DEFAULT 'baseline' CHECK (fallback IN ('baseline', 'recent'));

CREATE TABLE schedule_proposals (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    run_id TEXT NOT NULL, -- whose agent asked
    wanted_at INTEGER NOT NULL,
    after_seconds INTEGER CHECK (after_seconds > 0), -- how it was put, if not as an instant
    reason TEXT NOT NULL CHECK (reason <> ''),
    expires_at INTEGER, -- the last moment to use it; empty: it waits until it is used
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used', 'clamped', 'expired', 'cleared', 'replaced')),
    proposed_at INTEGER NOT NULL,
    settled_at INTEGER,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, task_id) REFERENCES tasks (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE,
    CHECK ((state = 'open') = (settled_at IS NULL))
) STRICT;

CREATE UNIQUE INDEX schedule_proposals_open ON schedule_proposals (task_id) WHERE state = 'open';
CREATE INDEX schedule_proposals_task ON schedule_proposals (store_id, task_id, proposed_at);
CREATE INDEX schedule_proposals_run ON schedule_proposals (store_id, run_id);

CREATE TABLE schedule_decisions ( -- each next time, with all that it was made of
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    store_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    next_run_at INTEGER, -- empty: the task is disabled
    source TEXT NOT NULL CHECK (source IN
        ('baseline', 'proposal', 'clamped_to_min', 'clamped_to_max', 'paused', 'expired', 'fallback', 'backoff')),
    inputs TEXT NOT NULL CHECK (json_valid(inputs)), -- of the governor
    proposal_id TEXT, -- the one that was looked at
    run_id TEXT, -- at whose end it was decided
    said TEXT NOT NULL,
    FOREIGN KEY (store_id, task_id) REFERENCES tasks (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (store_id, proposal_id) REFERENCES schedule_proposals (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX schedule_decisions_task ON schedule_decisions (task_id, id);
CREATE INDEX schedule_decisions_proposal ON schedule_decisions (store_id, proposal_id) WHERE proposal_id IS NOT NULL;
CREATE INDEX schedule_decisions_run ON schedule_decisions (store_id, run_id) WHERE run_id IS NOT NULL;
