"""When a failed run starts again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a run starts again after its first start, and how long it waits before each."""

    max_retries: int = 3
    delay_seconds: int = 60
    multiplier: int = 2
    cap_seconds: int = 3_600
    jitter: bool = True
    """Spread the delay over everything from nothing up to its length, so that runs that failed together part."""


STANDARD = RetryPolicy()


def next_delay_seconds(policy: RetryPolicy, failures: int, random: float) -> float | None:
    """Return how long to wait after this many failures in a row (1 or more); None when the retries are used up.

    `random` is from 0 up to 1. Full jitter, after "Exponential Backoff And Jitter" in the AWS Architecture Blog.
    """
    if failures > policy.max_retries:
        return None
    longest = min(policy.cap_seconds, policy.delay_seconds * policy.multiplier ** (failures - 1))
    return longest * random if policy.jitter else float(longest)
