"""The tools an agent may be given, by name. Each path leads to a `Tool`; one file per subject."""

TOOLS: dict[str, str] = {
    "comment_on_card": "processor.agent.toolbox.cards:COMMENT_ON_CARD",
    "create_card": "processor.agent.toolbox.cards:CREATE_CARD",
    "finish_run": "processor.agent.toolbox.finish:FINISH_RUN",
    "get_card": "processor.agent.toolbox.cards:GET_CARD",
    "list_cards": "processor.agent.toolbox.cards:LIST_CARDS",
    "list_changes": "processor.agent.toolbox.changes:LIST_CHANGES",
    "list_recent_runs": "processor.agent.toolbox.runs:LIST_RECENT_RUNS",
    "move_card": "processor.agent.toolbox.cards:MOVE_CARD",
    "propose_next_run": "processor.agent.toolbox.schedule:PROPOSE_NEXT_RUN",
    "read_step_result": "processor.agent.toolbox.steps:READ_STEP_RESULT",
    "update_card": "processor.agent.toolbox.cards:UPDATE_CARD",
    "write_note": "processor.agent.toolbox.notes:WRITE_NOTE",
}

FOR_ADAPTIVE = "propose_next_run"
"""Only of use to the agent of a task whose schedule can follow it."""
ALWAYS_GIVEN = "finish_run"
"""Every agent can end its run, whatever else its task allows."""
