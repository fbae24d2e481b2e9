-- When somebody last changed a task: like the heartbeat, it shows later that the clock was ahead and has been set back.

CREATE TABLE latest_edit ( -- one row
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    edited_at INTEGER NOT NULL
) STRICT;

INSERT INTO latest_edit (id, edited_at) VALUES (1, 0);
