"""Walks a call through its flow: pure, so that what is decided can be decided again after a crash."""

from orchestrator.flow.engine.advance import advance
from orchestrator.flow.engine.new_call import new_live_call

__all__ = ["advance", "new_live_call"]
