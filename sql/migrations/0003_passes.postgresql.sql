-- Passes of jobs: their numbers, the ledger of jobs that have a clock of their own, and how runs are retried.

ALTER TABLE job_runs ADD COLUMN number bigint NOT NULL DEFAULT 1 CHECK (number >= 1); -- the job's first pass is 1
ALTER TABLE job_runs ADD COLUMN first_position bigint NOT NULL DEFAULT 1 CHECK (first_position >= 1); -- where it began

CREATE UNIQUE INDEX job_runs_number ON job_runs (job_id, number);

ALTER TABLE job_run_steps DROP COLUMN skipped;
ALTER TABLE job_run_steps ADD COLUMN skip_reason text CHECK (skip_reason IN ('disabled', 'left_job')); -- empty: not skipped

CREATE INDEX job_run_steps_task ON job_run_steps (store_id, task_id);

-- The slot ledger of jobs. Its rows outlive their job, as those of tasks do.
CREATE TABLE processed_job_executions (
    job_id uuid NOT NULL,
    scheduled_time bigint NOT NULL,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    disposition text NOT NULL CHECK (disposition IN ('claimed', 'missed', 'skipped_overlap')),
    job_run_id uuid,
    until_time bigint CHECK (until_time >= scheduled_time), -- last slot of a range row
    slot_count bigint NOT NULL DEFAULT 1 CHECK (slot_count >= 1),
    processed_at bigint NOT NULL,
    PRIMARY KEY (job_id, scheduled_time, store_id),
    CHECK ((disposition = 'claimed') = (job_run_id IS NOT NULL)),
    CHECK (disposition <> 'claimed' OR until_time IS NULL),
    CHECK (until_time IS NOT NULL OR slot_count = 1)
);

ALTER TABLE tasks ADD COLUMN retry_multiplier double precision NOT NULL DEFAULT 2.0 CHECK (retry_multiplier BETWEEN 1 AND 10);
ALTER TABLE tasks ADD COLUMN retry_cap_seconds bigint NOT NULL DEFAULT 3600 CHECK (retry_cap_seconds BETWEEN 0 AND 86400);
ALTER TABLE tasks ADD COLUMN retry_jitter boolean NOT NULL DEFAULT true;
ALTER TABLE tasks ADD COLUMN retry_on text CHECK (retry_on IS JSON); -- error classes; empty: those that may pass

CREATE INDEX events_name ON events (name, occurred_at);
CREATE INDEX events_subject ON events (subject_id, id) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_log_time ON audit_log (happened_at);
CREATE INDEX audit_log_subject ON audit_log (subject_id, id) WHERE subject_id IS NOT NULL;
