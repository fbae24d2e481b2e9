-- The whole domain: stores, boards, projects, jobs, tasks, the slot ledger, runs with their transcripts, and what announces them.
-- Every table that belongs to a store has (store_id, id) unique, and every reference between two such tables carries store_id,
-- so that no row can refer to a row of another store. Instants are epoch seconds in UTC, money is nano-dollars.

CREATE TABLE stores (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    misfire TEXT NOT NULL DEFAULT 'skip' CHECK (misfire IN ('skip', 'latest', 'all')),
    policy TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(policy)), -- tool name -> auto | ask | deny
    budget_nanousd_per_day INTEGER CHECK (budget_nanousd_per_day >= 0),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1 -- compare-and-set of people's edits
) STRICT;

CREATE TABLE projects (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (name <> ''),
    description TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store_id, id)
) STRICT;

CREATE TABLE contacts (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    email TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, project_id) REFERENCES projects (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX contacts_project ON contacts (store_id, project_id);

CREATE TABLE documents (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    body TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, project_id) REFERENCES projects (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX documents_project ON documents (store_id, project_id);

-- Jobs: ordered containers of tasks. A job run is one pass through the order as it was when the pass began.

CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (name <> ''),
    description TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'in_progress', 'completed', 'failed', 'cancelled')),
    schedule_type TEXT NOT NULL DEFAULT 'manual' CHECK (schedule_type IN ('manual', 'interval', 'calendar', 'once')),
    interval_seconds INTEGER CHECK (interval_seconds >= 60),
    anchor_at INTEGER,
    cron TEXT,
    timezone TEXT,
    once_at INTEGER,
    cursor_at INTEGER NOT NULL, -- every slot up to here is accounted for
    next_run_at INTEGER, -- the next slot, or nothing to wait for
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store_id, id),
    CHECK ((schedule_type = 'interval') = (interval_seconds IS NOT NULL AND anchor_at IS NOT NULL)),
    CHECK ((schedule_type = 'calendar') = (cron IS NOT NULL AND timezone IS NOT NULL)),
    CHECK ((schedule_type = 'once') = (once_at IS NOT NULL))
) STRICT;

CREATE INDEX jobs_due ON jobs (next_run_at) WHERE next_run_at IS NOT NULL;

CREATE TABLE endpoints (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    description TEXT NOT NULL DEFAULT '',
    method TEXT NOT NULL CHECK (method IN ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE')),
    url TEXT NOT NULL CHECK (url <> ''),
    headers TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(headers)),
    body TEXT,
    risk TEXT NOT NULL DEFAULT 'ask' CHECK (risk IN ('auto', 'ask', 'deny')),
    timeout_seconds INTEGER NOT NULL DEFAULT 30 CHECK (timeout_seconds BETWEEN 1 AND 120),
    breaker_state TEXT NOT NULL DEFAULT 'closed' CHECK (breaker_state IN ('closed', 'open', 'half_open')),
    breaker_failures INTEGER NOT NULL DEFAULT 0,
    breaker_retry_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store_id, id),
    UNIQUE (store_id, job_id, name),
    FOREIGN KEY (store_id, job_id) REFERENCES jobs (store_id, id) ON DELETE CASCADE
) STRICT;

-- Tasks: a prompt and a reason to run.

CREATE TABLE tasks (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    job_id TEXT,
    position INTEGER CHECK (position >= 1), -- place in the job's order; only sequential tasks have one
    project_id TEXT,
    name TEXT NOT NULL CHECK (name <> ''),
    description TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT 'agent' CHECK (kind IN ('agent', 'endpoints', 'claude_code')),
    prompt TEXT NOT NULL CHECK (prompt <> ''),
    schedule_type TEXT NOT NULL
        CHECK (schedule_type IN ('interval', 'calendar', 'once', 'manual', 'file_watch', 'sequential', 'adaptive')),
    interval_seconds INTEGER CHECK (interval_seconds >= 60),
    anchor_at INTEGER,
    cron TEXT,
    timezone TEXT,
    once_at INTEGER,
    watch_path TEXT,
    min_interval_seconds INTEGER CHECK (min_interval_seconds >= 60),
    max_interval_seconds INTEGER CHECK (max_interval_seconds >= min_interval_seconds),
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    paused_until INTEGER,
    cursor_at INTEGER NOT NULL, -- every slot up to here has its ledger row
    next_run_at INTEGER, -- the next slot; empty while disabled or without slots
    held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)), -- a slot waits for the live run: out of the probe until that ends
    held_slot INTEGER, -- the newest slot that waits; it keeps its on-time status
    last_run_at INTEGER,
    max_retries INTEGER NOT NULL DEFAULT 3 CHECK (max_retries BETWEEN 0 AND 10),
    retry_delay_seconds INTEGER NOT NULL DEFAULT 60 CHECK (retry_delay_seconds BETWEEN 0 AND 3600),
    misfire TEXT CHECK (misfire IN ('skip', 'latest', 'all')), -- empty: the store's
    overlap TEXT NOT NULL DEFAULT 'skip' CHECK (overlap IN ('skip', 'queue')),
    priority INTEGER NOT NULL DEFAULT 3 CHECK (priority BETWEEN 1 AND 5), -- 1 is highest
    sender TEXT,
    deadline_at INTEGER,
    deadline_seconds INTEGER CHECK (deadline_seconds > 0),
    model TEXT NOT NULL DEFAULT 'standard',
    delivery TEXT NOT NULL DEFAULT 'live' CHECK (delivery IN ('live', 'batch')),
    tools TEXT CHECK (json_valid(tools)), -- empty: the default set
    budget_nanousd INTEGER NOT NULL DEFAULT 250000000 CHECK (budget_nanousd >= 0),
    max_turns INTEGER NOT NULL DEFAULT 15 CHECK (max_turns BETWEEN 1 AND 1000),
    timeout_seconds INTEGER NOT NULL DEFAULT 300 CHECK (timeout_seconds BETWEEN 1 AND 43200),
    gate TEXT CHECK (json_valid(gate)),
    outcome TEXT CHECK (json_valid(outcome)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, job_id) REFERENCES jobs (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (store_id, project_id) REFERENCES projects (store_id, id),
    CHECK (schedule_type <> 'interval' OR (interval_seconds IS NOT NULL AND anchor_at IS NOT NULL)),
    CHECK (schedule_type <> 'calendar' OR (cron IS NOT NULL AND timezone IS NOT NULL)),
    CHECK ((schedule_type = 'once') = (once_at IS NOT NULL)),
    CHECK ((schedule_type = 'file_watch') = (watch_path IS NOT NULL)),
    CHECK (schedule_type <> 'sequential' OR job_id IS NOT NULL),
    CHECK ((schedule_type = 'sequential') = (position IS NOT NULL)),
    CHECK (enabled OR next_run_at IS NULL),
    CHECK (NOT held OR held_slot IS NOT NULL)
) STRICT;

CREATE INDEX tasks_due ON tasks (next_run_at) WHERE next_run_at IS NOT NULL AND NOT held;
CREATE INDEX tasks_store ON tasks (store_id, created_at);
CREATE UNIQUE INDEX tasks_order ON tasks (job_id, position) WHERE position IS NOT NULL;
CREATE INDEX tasks_job ON tasks (store_id, job_id) WHERE job_id IS NOT NULL;
CREATE INDEX tasks_project ON tasks (store_id, project_id) WHERE project_id IS NOT NULL;

CREATE TABLE task_notes ( -- what an agent leaves for the next run of its task
    task_id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    body TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (store_id, task_id) REFERENCES tasks (store_id, id) ON DELETE CASCADE
) STRICT;

-- The slot ledger: what became of each nominal time. Its rows outlive their task, so that nothing runs twice.
-- A claim always names its run; a run for a slot always has its ledger row (foreign key below).

CREATE TABLE processed_task_executions (
    task_id TEXT NOT NULL,
    scheduled_time INTEGER NOT NULL,
    store_id TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    disposition TEXT NOT NULL
        CHECK (disposition IN ('claimed', 'missed', 'skipped_overlap', 'skipped_paused', 'skipped_gate')),
    run_id TEXT,
    until_time INTEGER CHECK (until_time >= scheduled_time), -- last slot of a range row
    slot_count INTEGER NOT NULL DEFAULT 1 CHECK (slot_count >= 1),
    batch_id TEXT NOT NULL, -- stands for the bulk statement that wrote it
    processed_at INTEGER NOT NULL,
    PRIMARY KEY (task_id, scheduled_time, store_id),
    CHECK ((disposition = 'claimed') = (run_id IS NOT NULL)),
    CHECK (disposition <> 'claimed' OR until_time IS NULL),
    CHECK (until_time IS NOT NULL OR slot_count = 1)
) STRICT, WITHOUT ROWID;

CREATE INDEX processed_task_executions_batch ON processed_task_executions (batch_id) WHERE disposition = 'claimed';
CREATE INDEX processed_task_executions_store ON processed_task_executions (store_id, processed_at);

-- Job runs, and runs: one execution of a task for one nominal time.

CREATE TABLE job_runs (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    trigger TEXT NOT NULL CHECK (trigger IN ('schedule', 'manual')),
    scheduled_time INTEGER,
    state TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'cancelled')),
    position INTEGER NOT NULL DEFAULT 1,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    UNIQUE (store_id, id),
    UNIQUE (store_id, job_id, scheduled_time),
    FOREIGN KEY (store_id, job_id) REFERENCES jobs (store_id, id) ON DELETE CASCADE,
    CHECK ((state = 'running') = (finished_at IS NULL))
) STRICT;

CREATE UNIQUE INDEX job_runs_live ON job_runs (job_id) WHERE state = 'running';

CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    job_run_id TEXT,
    position INTEGER, -- step of the job run
    trigger TEXT NOT NULL CHECK (trigger IN ('schedule', 'file_watch', 'adaptive', 'job', 'manual', 'backfill')),
    scheduled_time INTEGER, -- only a run that stands for a slot has one
    rerun_of TEXT,
    idempotency_key TEXT, -- the caller's, for runs asked for by hand
    state TEXT NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled')),
    waiting_for TEXT CHECK (waiting_for IN ('retry', 'resume', 'approval', 'batch', 'provider')),
    not_before INTEGER, -- a waiting run is ready from here on
    waiting_since INTEGER,
    priority INTEGER NOT NULL DEFAULT 3,
    attempt INTEGER NOT NULL DEFAULT 0, -- starts so far; a resumed run keeps its number
    recoveries INTEGER NOT NULL DEFAULT 0, -- takeovers from a worker that went silent
    fence INTEGER NOT NULL DEFAULT 0, -- grows with every claim; an older worker may write nothing
    worker_id TEXT,
    lease_expires_at INTEGER,
    cancel_requested_at INTEGER,
    queued_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    active_ms INTEGER NOT NULL DEFAULT 0,
    turns INTEGER NOT NULL DEFAULT 0,
    tool_calls INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    cost_nanousd INTEGER NOT NULL DEFAULT 0,
    model TEXT, -- who answered
    output TEXT,
    error_class TEXT,
    error TEXT,
    UNIQUE (store_id, id),
    UNIQUE (job_run_id, position),
    UNIQUE (store_id, idempotency_key),
    FOREIGN KEY (store_id, task_id) REFERENCES tasks (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (store_id, job_run_id) REFERENCES job_runs (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (store_id, rerun_of) REFERENCES runs (store_id, id),
    FOREIGN KEY (task_id, scheduled_time, store_id)
        REFERENCES processed_task_executions (task_id, scheduled_time, store_id),
    CHECK ((state = 'waiting') = (waiting_for IS NOT NULL)),
    CHECK (state <> 'waiting' OR waiting_since IS NOT NULL),
    CHECK ((state = 'running') = (lease_expires_at IS NOT NULL)),
    CHECK ((state = 'running') = (worker_id IS NOT NULL)),
    CHECK ((state IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK ((state = 'failed') = (error_class IS NOT NULL)),
    CHECK ((job_run_id IS NULL) = (position IS NULL))
) STRICT;

CREATE UNIQUE INDEX runs_slot ON runs (task_id, scheduled_time) WHERE scheduled_time IS NOT NULL AND rerun_of IS NULL;
CREATE UNIQUE INDEX runs_live ON runs (task_id) WHERE state IN ('running', 'waiting');
CREATE INDEX runs_open ON runs (task_id) WHERE state IN ('queued', 'running', 'waiting');
CREATE INDEX runs_queued ON runs (priority, queued_at, id) WHERE state = 'queued';
CREATE INDEX runs_waiting ON runs (not_before) WHERE state = 'waiting';
CREATE INDEX runs_lease ON runs (lease_expires_at) WHERE state = 'running';
CREATE INDEX runs_task ON runs (task_id, queued_at);
CREATE INDEX runs_store ON runs (store_id, queued_at);
CREATE INDEX runs_rerun ON runs (store_id, rerun_of) WHERE rerun_of IS NOT NULL;
CREATE INDEX runs_slot_key ON runs (task_id, scheduled_time, store_id);

CREATE TABLE job_run_steps ( -- the order as it was when the pass began
    job_run_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    store_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    skipped INTEGER NOT NULL DEFAULT 0 CHECK (skipped IN (0, 1)),
    PRIMARY KEY (job_run_id, position),
    FOREIGN KEY (store_id, job_run_id) REFERENCES job_runs (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (store_id, task_id) REFERENCES tasks (store_id, id) ON DELETE CASCADE
) STRICT;

-- A run's transcript. All of it is append-only and verbatim.

CREATE TABLE run_requests ( -- the rendered request, frozen when the run starts
    run_id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    request TEXT NOT NULL CHECK (json_valid(request)),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE run_attempts ( -- one start of a run; its opening message begins a conversation of its own
    run_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    store_id TEXT NOT NULL,
    opening TEXT NOT NULL CHECK (json_valid(opening)),
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    error_class TEXT,
    error TEXT,
    PRIMARY KEY (run_id, attempt),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE turns ( -- a model response, and the one message that answers it
    run_id TEXT NOT NULL,
    turn INTEGER NOT NULL, -- counts through all attempts of the run
    store_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    response TEXT NOT NULL CHECK (json_valid(response)),
    stop_reason TEXT,
    reply TEXT CHECK (json_valid(reply)), -- the user message sent back; empty until every tool has answered
    created_at INTEGER NOT NULL,
    PRIMARY KEY (run_id, turn),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE llm_calls ( -- written before each call: what may have been paid for
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    turn INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'failed', 'lost')),
    tries INTEGER NOT NULL DEFAULT 0,
    estimated_nanousd INTEGER NOT NULL DEFAULT 0,
    cost_nanousd INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    cache_write_tokens INTEGER NOT NULL DEFAULT 0,
    cache_read_tokens INTEGER NOT NULL DEFAULT 0,
    provider_request_id TEXT,
    error TEXT,
    started_at INTEGER NOT NULL,
    duration_ms INTEGER,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX llm_calls_run ON llm_calls (run_id, turn);
CREATE INDEX llm_calls_open ON llm_calls (run_id) WHERE state = 'open';

CREATE TABLE tool_calls ( -- the intent is written with the response, the result with the effect
    run_id TEXT NOT NULL,
    turn INTEGER NOT NULL,
    position INTEGER NOT NULL,
    store_id TEXT NOT NULL,
    tool_use_id TEXT NOT NULL, -- the model's; some servers repeat them
    name TEXT NOT NULL,
    arguments TEXT NOT NULL CHECK (json_valid(arguments)),
    effect TEXT NOT NULL CHECK (effect IN ('read', 'local', 'idempotent', 'at_most_once')),
    state TEXT NOT NULL DEFAULT 'intended'
        CHECK (state IN ('intended', 'started', 'succeeded', 'failed', 'denied', 'unknown')),
    result TEXT,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    PRIMARY KEY (run_id, turn, position),
    UNIQUE (store_id, run_id, turn, position),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (run_id, turn) REFERENCES turns (run_id, turn) ON DELETE CASCADE,
    CHECK ((state IN ('intended', 'started')) = (finished_at IS NULL)),
    CHECK ((result IS NULL) = (finished_at IS NULL))
) STRICT;

CREATE TABLE approvals (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    turn INTEGER NOT NULL,
    position INTEGER NOT NULL,
    arguments_hash TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'denied', 'expired')),
    edited_arguments TEXT CHECK (json_valid(edited_arguments)),
    note TEXT,
    decided_by TEXT,
    requested_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    decided_at INTEGER,
    UNIQUE (store_id, id),
    UNIQUE (run_id, turn, position),
    FOREIGN KEY (store_id, run_id, turn, position)
        REFERENCES tool_calls (store_id, run_id, turn, position) ON DELETE CASCADE,
    CHECK ((state = 'pending') = (decided_at IS NULL))
) STRICT;

CREATE INDEX approvals_pending ON approvals (expires_at) WHERE state = 'pending';

CREATE TABLE run_logs (
    run_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    store_id TEXT NOT NULL,
    logged_at INTEGER NOT NULL,
    level TEXT NOT NULL,
    event TEXT NOT NULL,
    fields TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(fields)),
    PRIMARY KEY (run_id, position),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The board: what agents and people create. Cards stay when the run that made them goes.

CREATE TABLE boards (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (name <> ''),
    created_at INTEGER NOT NULL,
    UNIQUE (store_id, id),
    UNIQUE (store_id, name)
) STRICT;

CREATE TABLE board_columns (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    board_id TEXT NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    position INTEGER NOT NULL,
    UNIQUE (store_id, id),
    UNIQUE (store_id, board_id, id),
    UNIQUE (board_id, name),
    UNIQUE (board_id, position),
    FOREIGN KEY (store_id, board_id) REFERENCES boards (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE cards (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    board_id TEXT NOT NULL,
    column_id TEXT NOT NULL,
    title TEXT NOT NULL CHECK (title <> ''),
    description TEXT NOT NULL DEFAULT '',
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, board_id, column_id) REFERENCES board_columns (store_id, board_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX cards_column ON cards (store_id, board_id, column_id, position);

CREATE TABLE card_comments (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    author TEXT NOT NULL,
    body TEXT NOT NULL CHECK (body <> ''),
    created_at INTEGER NOT NULL,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, card_id) REFERENCES cards (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX card_comments_card ON card_comments (store_id, card_id, created_at);

CREATE TABLE run_cards ( -- which run made which card; goes with either of the two
    run_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    store_id TEXT NOT NULL,
    PRIMARY KEY (run_id, card_id),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (store_id, card_id) REFERENCES cards (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX run_cards_card ON run_cards (store_id, card_id);

-- What announces changes.

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    store_id TEXT REFERENCES stores (id) ON DELETE CASCADE, -- empty: about the whole
    name TEXT NOT NULL,
    subject_id TEXT,
    payload TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(payload)),
    occurred_at INTEGER NOT NULL
) STRICT;

CREATE INDEX events_time ON events (occurred_at);

CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    url TEXT NOT NULL CHECK (url <> ''),
    events TEXT NOT NULL CHECK (json_valid(events)),
    secret_ref TEXT NOT NULL,
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store_id, id)
) STRICT;

CREATE TABLE outbox ( -- deliveries that are due, written in the transaction of the change
    id TEXT NOT NULL PRIMARY KEY,
    store_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    name TEXT NOT NULL,
    payload TEXT NOT NULL CHECK (json_valid(payload)),
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL,
    error TEXT,
    created_at INTEGER NOT NULL,
    delivered_at INTEGER,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, webhook_id) REFERENCES webhooks (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX outbox_pending ON outbox (not_before) WHERE state = 'pending';

CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    store_id TEXT REFERENCES stores (id) ON DELETE CASCADE,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject_id TEXT,
    before TEXT CHECK (json_valid(before)),
    after TEXT CHECK (json_valid(after)),
    happened_at INTEGER NOT NULL
) STRICT;

-- What the processes leave behind.

CREATE TABLE ticks (
    id TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    exit_code INTEGER,
    error TEXT,
    counts TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(counts)),
    duration_ms INTEGER,
    cpu_ms INTEGER,
    memory_bytes INTEGER
) STRICT;

CREATE INDEX ticks_time ON ticks (started_at);

CREATE TABLE heartbeat ( -- one row: the latest tick, idle ones included
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    ticked_at INTEGER,
    idle_ticks INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE provider_circuits ( -- open: the provider refused our key or account
    provider TEXT NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    retry_at INTEGER NOT NULL
) STRICT;

CREATE TABLE emergency_stop ( -- a row: start nothing, hand back what runs
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    reason TEXT NOT NULL,
    stopped_at INTEGER NOT NULL
) STRICT;

INSERT INTO heartbeat (id) VALUES (1);
INSERT INTO stores (id, name, created_at, updated_at) VALUES ('00000000-0000-4000-8000-000000000001', 'default', 0, 0);
INSERT INTO boards (id, store_id, name, created_at)
VALUES ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 'Board', 0);
INSERT INTO board_columns (id, store_id, board_id, name, position) VALUES
    ('00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 'To do', 1),
    ('00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 'In progress', 2),
    ('00000000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 'Done', 3);
