"""A destination that does not answer is left in peace."""

from __future__ import annotations

from radiograde.service.delivery.breakers import FAILURES, Breakers


def test_one_caller_probes_what_is_down_and_an_answer_lets_all_in() -> None:
    now = [0.0]
    breakers = Breakers(clock=lambda: now[0])
    for _ in range(FAILURES):
        assert breakers.may_try("pacs")
        breakers.failed("pacs")
    assert (breakers.down(), breakers.may_try("share")) == ({"pacs"}, True)
    assert not breakers.may_try("pacs")
    now[0] += breakers.due_in_s("pacs")
    assert [breakers.may_try("pacs"), breakers.may_try("pacs")] == [True, False]
    breakers.failed("pacs")
    assert breakers.due_in_s("pacs") == 8.0
    now[0] += 8.0
    assert breakers.may_try("pacs")
    breakers.answered("pacs")
    assert [breakers.came_back(), breakers.came_back()] == [True, False]
    assert (breakers.down(), breakers.due_in_s("pacs"), breakers.may_try("pacs")) == (
        set(),
        0,
        True,
    )


def test_a_few_failures_between_answers_are_none_of_its_business() -> None:
    breakers = Breakers()
    for _ in range(10):
        breakers.failed("pacs")
        breakers.answered("pacs")
    assert (breakers.down(), breakers.came_back()) == (set(), False)
