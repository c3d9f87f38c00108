"""The policy decides and touches nothing: no store, network, clock or chance, nor through another module of ours."""

from __future__ import annotations

import grimp

FORBIDDEN = {"redis", "requests", "sqlalchemy", "socket", "time", "random", "os", "psycopg", "celery", "flask"}


def test_nothing_in_the_policy_reaches_a_store_a_network_a_clock_or_chance() -> None:
    graph = grimp.build_graph("orchestrator", include_external_packages=True, cache_dir=None)

    reached = graph.find_upstream_modules("orchestrator.policy", as_package=True)

    assert reached & FORBIDDEN == set()
    assert "orchestrator.errors" in reached


def test_the_policy_knows_nothing_of_what_stands_above_it() -> None:
    graph = grimp.build_graph("orchestrator", include_external_packages=True, cache_dir=None)

    ours = {
        name for name in graph.find_upstream_modules("orchestrator.policy", as_package=True) if "orchestrator" in name
    }

    assert {name.split(".")[1] for name in ours if "." in name} <= {"bounds", "errors", "model", "policy"}
