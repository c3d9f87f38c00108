"""The engine that advances calls through their flows: pure, so that a decision can be made again after a crash."""

from orchestrator.flow.engine.advance import advance
from orchestrator.flow.engine.new_call import new_live_call

__all__ = ["advance", "new_live_call"]
