"""The executor of agent tasks: an LLM loop whose every step is in the database before the next one begins."""
