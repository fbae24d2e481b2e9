"""Models that answer an agent: behind one protocol, chosen by name, imported only when one is about to be called."""

# Each path leads to `open_model(concurrency) -> Model` (`processor.llm.protocol.OpenModel`).
MODELS: dict[str, str] = {
    "anthropic": "processor.llm.anthropic_model:open_model",
    "rehearsal": "processor.llm.rehearsal:open_model",
    "scripted": "processor.llm.scripted:open_model",
}
