"""docs/guarantees.md states every rule that is cited, and names the tests that prove it."""

from __future__ import annotations

from tests.support.rule_tests import PAGE, cited_rules, proofs, rules, text


def test_the_page_has_every_rule_once_and_in_order() -> None:
    assert rules() == [f"R{number}" for number in range(1, 27)]


def test_every_rule_has_a_test_that_is_named_after_it() -> None:
    assert [rule for rule in rules() if not proofs().get(rule)] == []


def test_no_test_is_named_after_a_rule_that_is_not_on_the_page() -> None:
    assert sorted(set(proofs()) - set(rules())) == []


def test_every_rule_that_the_source_cites_is_on_the_page() -> None:
    unknown = {rule: sorted(files) for rule, files in cited_rules().items() if rule not in rules()}

    assert len(cited_rules()) > 20
    assert unknown == {}


def test_the_lists_of_tests_are_up_to_date() -> None:
    assert PAGE.read_text() == text(), "write them anew: make docs"
