"""Limits before spending: what the next call may cost, say and last, or why there is none."""

from dataclasses import dataclass, replace
from typing import Literal

from processor.agent.conversation import UNFINISHED, Conversation
from processor.agent.outcome import Failed
from processor.llm.prices import PriceTable
from processor.rules.run_state import ErrorClass

OUTPUT_TOKENS = 8_000
LARGER_OUTPUT_TOKENS = 16_000
"""For the one repetition of a response that was cut short; the package refuses more than 21,333 without streaming."""
FEWEST_OUTPUT_TOKENS = 256
"""Less than this is no answer: the budget counts as reached."""
TOOL_CALLS = 50


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What the next model call may use."""

    tool_choice: Literal["auto", "none"]
    max_tokens: int
    timeout_seconds: float
    estimated_nanousd: int


def plan_call(
    conversation: Conversation, prices: PriceTable, seconds_to_hard_deadline: float, *, costs: bool
) -> CallPlan:
    """Decide on the next call; raises Failed when a limit is reached. `costs` is False for models that call nobody."""
    task = conversation.task
    seconds_left = task.timeout_seconds - conversation.active_seconds
    if seconds_left <= 0:
        raise Failed(
            ErrorClass.TIMED_OUT, f"The run worked for its {task.timeout_seconds} s: raise --timeout if need be"
        )
    if conversation.turn_count >= task.max_turns:
        raise Failed(
            ErrorClass.TURN_LIMIT, f"The run took its {task.max_turns} turns: raise --max-turns if it needs more"
        )
    max_tokens = _wanted_tokens(conversation)
    estimate = 0
    if costs:
        max_tokens, estimate = _affordable(conversation, prices, max_tokens)
    last_turn = conversation.turn_count == task.max_turns - 1 or conversation.tool_call_count >= TOOL_CALLS
    return CallPlan(
        "none" if last_turn else "auto",
        max_tokens,
        min(seconds_left, seconds_to_hard_deadline),
        estimate,
    )


def _wanted_tokens(conversation: Conversation) -> int:
    """A response that was cut short is asked for once more, with more room."""
    cut_short = [turn for turn in conversation.turns[-2:] if turn.stop_reason == UNFINISHED]
    if len(cut_short) > 1:
        raise Failed(
            ErrorClass.MAX_TOKENS, f"The answer did not fit into {LARGER_OUTPUT_TOKENS} tokens: ask for less at once"
        )
    return LARGER_OUTPUT_TOKENS if cut_short and conversation.last in cut_short else conversation.request.max_tokens


def _affordable(conversation: Conversation, prices: PriceTable, max_tokens: int) -> tuple[int, int]:
    """Clamp the answer to what is left of the budget. A model without a known price has no cost budget."""
    price = prices.price(conversation.request.model)
    if price is None:
        return max_tokens, 0
    left = conversation.task.budget_nanousd - conversation.cost_nanousd
    usage = conversation.prompt_size().worst_usage(0)
    prompt_nanousd = price.cost_nanousd(usage)
    tokens = min(max_tokens, price.affordable_output_tokens(usage.prompt_tokens, left - prompt_nanousd))
    if tokens < min(max_tokens, FEWEST_OUTPUT_TOKENS):
        spent, budget = conversation.cost_nanousd / 1e9, conversation.task.budget_nanousd / 1e9
        raise Failed(
            ErrorClass.BUDGET_EXCEEDED,
            f"The next call could exceed the run's budget ({spent:.4f} of {budget:.4f} USD spent): raise --budget-usd",
        )
    return tokens, price.cost_nanousd(replace(usage, output_tokens=tokens))
