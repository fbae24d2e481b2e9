from processor.rules.schedules import Manual, count, describe, newest, next_after, next_two, slots, slots_backwards


def test_there_are_no_slots() -> None:
    span = 0, 2_000_000_000
    assert list(slots(Manual(), *span)) == list(slots_backwards(Manual(), *span)) == []
    assert (count(Manual(), *span), newest(Manual(), *span), next_after(Manual(), 0)) == (0, None, None)
    assert next_two(Manual(), 0) == (None, None)
    assert describe(Manual()) == "Manual"
