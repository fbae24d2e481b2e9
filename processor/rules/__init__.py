"""Pure decisions: they take the moment and the facts, return what should happen, and never act or read a clock."""
