-- The whole domain: stores, boards, projects, jobs, tasks, the slot ledger, runs with their transcripts, and what announces them.
-- Every table that belongs to a store has (store_id, id) unique, and every reference between two such tables carries store_id,
-- so that no row can refer to a row of another store. Instants are epoch seconds in UTC, money is nano-dollars.

CREATE TABLE stores (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    misfire text NOT NULL DEFAULT 'skip' CHECK (misfire IN ('skip', 'latest', 'all')),
    policy text NOT NULL DEFAULT '{}' CHECK (policy IS JSON), -- tool name -> auto | ask | deny
    budget_nanousd_per_day bigint CHECK (budget_nanousd_per_day >= 0),
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1 -- compare-and-set of people's edits
);

CREATE TABLE projects (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> ''),
    description text NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (store_id, id)
);

CREATE TABLE contacts (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    email text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, project_id) REFERENCES projects (store_id, id) ON DELETE CASCADE
);

CREATE INDEX contacts_project ON contacts (store_id, project_id);

CREATE TABLE documents (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    body text NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, project_id) REFERENCES projects (store_id, id) ON DELETE CASCADE
);

CREATE INDEX documents_project ON documents (store_id, project_id);

-- Jobs: ordered containers of tasks. A job run is one pass through the order as it was when the pass began.

CREATE TABLE jobs (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> ''),
    description text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'in_progress', 'completed', 'failed', 'cancelled')),
    schedule_type text NOT NULL DEFAULT 'manual' CHECK (schedule_type IN ('manual', 'interval', 'calendar', 'once')),
    interval_seconds bigint CHECK (interval_seconds >= 60),
    anchor_at bigint,
    cron text,
    timezone text,
    once_at bigint,
    cursor_at bigint NOT NULL, -- every slot up to here is accounted for
    next_run_at bigint, -- the next slot, or nothing to wait for
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (store_id, id),
    CHECK ((schedule_type = 'interval') = (interval_seconds IS NOT NULL AND anchor_at IS NOT NULL)),
    CHECK ((schedule_type = 'calendar') = (cron IS NOT NULL AND timezone IS NOT NULL)),
    CHECK ((schedule_type = 'once') = (once_at IS NOT NULL))
);

CREATE INDEX jobs_due ON jobs (next_run_at) WHERE next_run_at IS NOT NULL;

CREATE TABLE endpoints (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    job_id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    description text NOT NULL DEFAULT '',
    method text NOT NULL CHECK (method IN ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE')),
    url text NOT NULL CHECK (url <> ''),
    headers text NOT NULL DEFAULT '{}' CHECK (headers IS JSON),
    body text,
    risk text NOT NULL DEFAULT 'ask' CHECK (risk IN ('auto', 'ask', 'deny')),
    timeout_seconds bigint NOT NULL DEFAULT 30 CHECK (timeout_seconds BETWEEN 1 AND 120),
    breaker_state text NOT NULL DEFAULT 'closed' CHECK (breaker_state IN ('closed', 'open', 'half_open')),
    breaker_failures bigint NOT NULL DEFAULT 0,
    breaker_retry_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (store_id, id),
    UNIQUE (store_id, job_id, name),
    FOREIGN KEY (store_id, job_id) REFERENCES jobs (store_id, id) ON DELETE CASCADE
);

-- Tasks: a prompt and a reason to run.

CREATE TABLE tasks (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    job_id uuid,
    position bigint CHECK (position >= 1), -- place in the job's order; only sequential tasks have one
    project_id uuid,
    name text NOT NULL CHECK (name <> ''),
    description text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT 'agent' CHECK (kind IN ('agent', 'endpoints', 'claude_code')),
    prompt text NOT NULL CHECK (prompt <> ''),
    schedule_type text NOT NULL
        CHECK (schedule_type IN ('interval', 'calendar', 'once', 'manual', 'file_watch', 'sequential', 'adaptive')),
    interval_seconds bigint CHECK (interval_seconds >= 60),
    anchor_at bigint,
    cron text,
    timezone text,
    once_at bigint,
    watch_path text,
    min_interval_seconds bigint CHECK (min_interval_seconds >= 60),
    max_interval_seconds bigint CHECK (max_interval_seconds >= min_interval_seconds),
    enabled boolean NOT NULL DEFAULT true,
    paused_until bigint,
    cursor_at bigint NOT NULL, -- every slot up to here has its ledger row
    next_run_at bigint, -- the next slot; empty while disabled or without slots
    held boolean NOT NULL DEFAULT false, -- a slot waits for the live run: out of the probe until that ends
    held_slot bigint, -- the newest slot that waits; it keeps its on-time status
    last_run_at bigint,
    max_retries bigint NOT NULL DEFAULT 3 CHECK (max_retries BETWEEN 0 AND 10),
    retry_delay_seconds bigint NOT NULL DEFAULT 60 CHECK (retry_delay_seconds BETWEEN 0 AND 3600),
    misfire text CHECK (misfire IN ('skip', 'latest', 'all')), -- empty: the store's
    overlap text NOT NULL DEFAULT 'skip' CHECK (overlap IN ('skip', 'queue')),
    priority bigint NOT NULL DEFAULT 3 CHECK (priority BETWEEN 1 AND 5), -- 1 is highest
    sender text,
    deadline_at bigint,
    deadline_seconds bigint CHECK (deadline_seconds > 0),
    model text NOT NULL DEFAULT 'standard',
    delivery text NOT NULL DEFAULT 'live' CHECK (delivery IN ('live', 'batch')),
    tools text CHECK (tools IS JSON), -- empty: the default set
    budget_nanousd bigint NOT NULL DEFAULT 250000000 CHECK (budget_nanousd >= 0),
    max_turns bigint NOT NULL DEFAULT 15 CHECK (max_turns BETWEEN 1 AND 1000),
    timeout_seconds bigint NOT NULL DEFAULT 300 CHECK (timeout_seconds BETWEEN 1 AND 43200),
    gate text CHECK (gate IS JSON),
    outcome text CHECK (outcome IS JSON),
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
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
);

CREATE INDEX tasks_due ON tasks (next_run_at) WHERE next_run_at IS NOT NULL AND NOT held;
CREATE INDEX tasks_store ON tasks (store_id, created_at);
CREATE UNIQUE INDEX tasks_order ON tasks (job_id, position) WHERE position IS NOT NULL;
CREATE INDEX tasks_job ON tasks (store_id, job_id) WHERE job_id IS NOT NULL;
CREATE INDEX tasks_project ON tasks (store_id, project_id) WHERE project_id IS NOT NULL;

CREATE TABLE task_notes ( -- what an agent leaves for the next run of its task
    task_id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    body text NOT NULL,
    updated_at bigint NOT NULL,
    FOREIGN KEY (store_id, task_id) REFERENCES tasks (store_id, id) ON DELETE CASCADE
);

-- The slot ledger: what became of each nominal time. Its rows outlive their task, so that nothing runs twice.
-- A claim always names its run; a run for a slot always has its ledger row (foreign key below).

CREATE TABLE processed_task_executions (
    task_id uuid NOT NULL,
    scheduled_time bigint NOT NULL,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    disposition text NOT NULL
        CHECK (disposition IN ('claimed', 'missed', 'skipped_overlap', 'skipped_paused', 'skipped_gate')),
    run_id uuid,
    until_time bigint CHECK (until_time >= scheduled_time), -- last slot of a range row
    slot_count bigint NOT NULL DEFAULT 1 CHECK (slot_count >= 1),
    batch_id uuid NOT NULL, -- stands for the bulk statement that wrote it
    processed_at bigint NOT NULL,
    PRIMARY KEY (task_id, scheduled_time, store_id),
    CHECK ((disposition = 'claimed') = (run_id IS NOT NULL)),
    CHECK (disposition <> 'claimed' OR until_time IS NULL),
    CHECK (until_time IS NOT NULL OR slot_count = 1)
);

CREATE INDEX processed_task_executions_batch ON processed_task_executions (batch_id) WHERE disposition = 'claimed';
CREATE INDEX processed_task_executions_store ON processed_task_executions (store_id, processed_at);

-- Job runs, and runs: one execution of a task for one nominal time.

CREATE TABLE job_runs (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    job_id uuid NOT NULL,
    trigger text NOT NULL CHECK (trigger IN ('schedule', 'manual')),
    scheduled_time bigint,
    state text NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'cancelled')),
    position bigint NOT NULL DEFAULT 1,
    started_at bigint NOT NULL,
    finished_at bigint,
    UNIQUE (store_id, id),
    UNIQUE (store_id, job_id, scheduled_time),
    FOREIGN KEY (store_id, job_id) REFERENCES jobs (store_id, id) ON DELETE CASCADE,
    CHECK ((state = 'running') = (finished_at IS NULL))
);

CREATE UNIQUE INDEX job_runs_live ON job_runs (job_id) WHERE state = 'running';

CREATE TABLE runs (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    task_id uuid NOT NULL,
    job_run_id uuid,
    position bigint, -- step of the job run
    trigger text NOT NULL CHECK (trigger IN ('schedule', 'file_watch', 'adaptive', 'job', 'manual', 'backfill')),
    scheduled_time bigint, -- only a run that stands for a slot has one
    rerun_of uuid,
    idempotency_key text, -- the caller's, for runs asked for by hand
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled')),
    waiting_for text CHECK (waiting_for IN ('retry', 'resume', 'approval', 'batch', 'provider')),
    not_before bigint, -- a waiting run is ready from here on
    waiting_since bigint,
    priority bigint NOT NULL DEFAULT 3,
    attempt bigint NOT NULL DEFAULT 0, -- starts so far; a resumed run keeps its number
    recoveries bigint NOT NULL DEFAULT 0, -- takeovers from a worker that went silent
    fence bigint NOT NULL DEFAULT 0, -- grows with every claim; an older worker may write nothing
    worker_id uuid,
    lease_expires_at bigint,
    cancel_requested_at bigint,
    queued_at bigint NOT NULL,
    started_at bigint,
    finished_at bigint,
    active_ms bigint NOT NULL DEFAULT 0,
    turns bigint NOT NULL DEFAULT 0,
    tool_calls bigint NOT NULL DEFAULT 0,
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    cost_nanousd bigint NOT NULL DEFAULT 0,
    model text, -- who answered
    output text,
    error_class text,
    error text,
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
);

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
    job_run_id uuid NOT NULL,
    position bigint NOT NULL,
    store_id uuid NOT NULL,
    task_id uuid NOT NULL,
    skipped boolean NOT NULL DEFAULT false,
    PRIMARY KEY (job_run_id, position),
    FOREIGN KEY (store_id, job_run_id) REFERENCES job_runs (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (store_id, task_id) REFERENCES tasks (store_id, id) ON DELETE CASCADE
);

-- A run's transcript. All of it is append-only and verbatim.

CREATE TABLE run_requests ( -- the rendered request, frozen when the run starts
    run_id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    request text NOT NULL CHECK (request IS JSON),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE
);

CREATE TABLE run_attempts ( -- one start of a run; its opening message begins a conversation of its own
    run_id uuid NOT NULL,
    attempt bigint NOT NULL,
    store_id uuid NOT NULL,
    opening text NOT NULL CHECK (opening IS JSON),
    started_at bigint NOT NULL,
    finished_at bigint,
    error_class text,
    error text,
    PRIMARY KEY (run_id, attempt),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE
);

CREATE TABLE turns ( -- a model response, and the one message that answers it
    run_id uuid NOT NULL,
    turn bigint NOT NULL, -- counts through all attempts of the run
    store_id uuid NOT NULL,
    attempt bigint NOT NULL,
    response text NOT NULL CHECK (response IS JSON),
    stop_reason text,
    reply text CHECK (reply IS JSON), -- the user message sent back; empty until every tool has answered
    created_at bigint NOT NULL,
    PRIMARY KEY (run_id, turn),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE
);

CREATE TABLE llm_calls ( -- written before each call: what may have been paid for
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    run_id uuid NOT NULL,
    turn bigint NOT NULL,
    fence bigint NOT NULL,
    model text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'failed', 'lost')),
    tries bigint NOT NULL DEFAULT 0,
    estimated_nanousd bigint NOT NULL DEFAULT 0,
    cost_nanousd bigint NOT NULL DEFAULT 0,
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    cache_write_tokens bigint NOT NULL DEFAULT 0,
    cache_read_tokens bigint NOT NULL DEFAULT 0,
    provider_request_id text,
    error text,
    started_at bigint NOT NULL,
    duration_ms bigint,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE
);

CREATE INDEX llm_calls_run ON llm_calls (run_id, turn);
CREATE INDEX llm_calls_open ON llm_calls (run_id) WHERE state = 'open';

CREATE TABLE tool_calls ( -- the intent is written with the response, the result with the effect
    run_id uuid NOT NULL,
    turn bigint NOT NULL,
    position bigint NOT NULL,
    store_id uuid NOT NULL,
    tool_use_id text NOT NULL, -- the model's; some servers repeat them
    name text NOT NULL,
    arguments text NOT NULL CHECK (arguments IS JSON),
    effect text NOT NULL CHECK (effect IN ('read', 'local', 'idempotent', 'at_most_once')),
    state text NOT NULL DEFAULT 'intended'
        CHECK (state IN ('intended', 'started', 'succeeded', 'failed', 'denied', 'unknown')),
    result text,
    created_at bigint NOT NULL,
    finished_at bigint,
    PRIMARY KEY (run_id, turn, position),
    UNIQUE (store_id, run_id, turn, position),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (run_id, turn) REFERENCES turns (run_id, turn) ON DELETE CASCADE,
    CHECK ((state IN ('intended', 'started')) = (finished_at IS NULL)),
    CHECK ((result IS NULL) = (finished_at IS NULL))
);

CREATE TABLE approvals (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    run_id uuid NOT NULL,
    turn bigint NOT NULL,
    position bigint NOT NULL,
    arguments_hash text NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'denied', 'expired')),
    edited_arguments text CHECK (edited_arguments IS JSON),
    note text,
    decided_by text,
    requested_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    decided_at bigint,
    UNIQUE (store_id, id),
    UNIQUE (run_id, turn, position),
    FOREIGN KEY (store_id, run_id, turn, position)
        REFERENCES tool_calls (store_id, run_id, turn, position) ON DELETE CASCADE,
    CHECK ((state = 'pending') = (decided_at IS NULL))
);

CREATE INDEX approvals_pending ON approvals (expires_at) WHERE state = 'pending';

CREATE TABLE run_logs (
    run_id uuid NOT NULL,
    position bigint NOT NULL,
    store_id uuid NOT NULL,
    logged_at bigint NOT NULL,
    level text NOT NULL,
    event text NOT NULL,
    fields text NOT NULL DEFAULT '{}' CHECK (fields IS JSON),
    PRIMARY KEY (run_id, position),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE
);

-- The board: what agents and people create. Cards stay when the run that made them goes.

CREATE TABLE boards (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> ''),
    created_at bigint NOT NULL,
    UNIQUE (store_id, id),
    UNIQUE (store_id, name)
);

CREATE TABLE board_columns (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    board_id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    position bigint NOT NULL,
    UNIQUE (store_id, id),
    UNIQUE (store_id, board_id, id),
    UNIQUE (board_id, name),
    UNIQUE (board_id, position),
    FOREIGN KEY (store_id, board_id) REFERENCES boards (store_id, id) ON DELETE CASCADE
);

CREATE TABLE cards (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    board_id uuid NOT NULL,
    column_id uuid NOT NULL,
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL DEFAULT '',
    position bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, board_id, column_id) REFERENCES board_columns (store_id, board_id, id) ON DELETE CASCADE
);

CREATE INDEX cards_column ON cards (store_id, board_id, column_id, position);

CREATE TABLE card_comments (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    card_id uuid NOT NULL,
    author text NOT NULL,
    body text NOT NULL CHECK (body <> ''),
    created_at bigint NOT NULL,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, card_id) REFERENCES cards (store_id, id) ON DELETE CASCADE
);

CREATE INDEX card_comments_card ON card_comments (store_id, card_id, created_at);

CREATE TABLE run_cards ( -- which run made which card; goes with either of the two
    run_id uuid NOT NULL,
    card_id uuid NOT NULL,
    store_id uuid NOT NULL,
    PRIMARY KEY (run_id, card_id),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE,
    FOREIGN KEY (store_id, card_id) REFERENCES cards (store_id, id) ON DELETE CASCADE
);

CREATE INDEX run_cards_card ON run_cards (store_id, card_id);

-- What announces changes.

CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id uuid REFERENCES stores (id) ON DELETE CASCADE, -- empty: about the whole
    name text NOT NULL,
    subject_id uuid,
    payload text NOT NULL DEFAULT '{}' CHECK (payload IS JSON),
    occurred_at bigint NOT NULL
);

CREATE INDEX events_time ON events (occurred_at);

CREATE TABLE webhooks (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    url text NOT NULL CHECK (url <> ''),
    events text NOT NULL CHECK (events IS JSON),
    secret_ref text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (store_id, id)
);

CREATE TABLE outbox ( -- deliveries that are due, written in the transaction of the change
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    name text NOT NULL,
    payload text NOT NULL CHECK (payload IS JSON),
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts bigint NOT NULL DEFAULT 0,
    not_before bigint NOT NULL,
    error text,
    created_at bigint NOT NULL,
    delivered_at bigint,
    UNIQUE (store_id, id),
    FOREIGN KEY (store_id, webhook_id) REFERENCES webhooks (store_id, id) ON DELETE CASCADE
);

CREATE INDEX outbox_pending ON outbox (not_before) WHERE state = 'pending';

CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id uuid REFERENCES stores (id) ON DELETE CASCADE,
    actor text NOT NULL,
    action text NOT NULL,
    subject_id uuid,
    before text CHECK (before IS JSON),
    after text CHECK (after IS JSON),
    happened_at bigint NOT NULL
);

-- What the processes leave behind.

CREATE TABLE ticks (
    id uuid NOT NULL PRIMARY KEY,
    host text NOT NULL,
    pid bigint NOT NULL,
    started_at bigint NOT NULL,
    finished_at bigint,
    exit_code bigint,
    error text,
    counts text NOT NULL DEFAULT '{}' CHECK (counts IS JSON),
    duration_ms bigint,
    cpu_ms bigint,
    memory_bytes bigint
);

CREATE INDEX ticks_time ON ticks (started_at);

CREATE TABLE heartbeat ( -- one row: the latest tick, idle ones included
    id bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    ticked_at bigint,
    idle_ticks bigint NOT NULL DEFAULT 0
);

CREATE TABLE provider_circuits ( -- open: the provider refused our key or account
    provider text NOT NULL PRIMARY KEY,
    reason text NOT NULL,
    opened_at bigint NOT NULL,
    retry_at bigint NOT NULL
);

CREATE TABLE emergency_stop ( -- a row: start nothing, hand back what runs
    id bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    reason text NOT NULL,
    stopped_at bigint NOT NULL
);

INSERT INTO heartbeat (id) VALUES (1);
INSERT INTO stores (id, name, created_at, updated_at) VALUES ('00000000-0000-4000-8000-000000000001', 'default', 0, 0);
INSERT INTO boards (id, store_id, name, created_at)
VALUES ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 'Board', 0);
INSERT INTO board_columns (id, store_id, board_id, name, position) VALUES
    ('00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 'To do', 1),
    ('00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 'In progress', 2),
    ('00000000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 'Done', 3);
