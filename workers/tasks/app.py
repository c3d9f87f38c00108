"""The Celery app: the queue between a decision and the carrier, with the settings that were measured to hold."""

from __future__ import annotations

import warnings
from contextlib import suppress
from threading import Thread
from typing import Any

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import celeryd_after_setup, setup_logging, worker_ready, worker_shutdown, worker_shutting_down
from kombu.asynchronous import get_event_loop
from kombu.entity import Exchange, Queue
from redis.exceptions import RedisError

from orchestrator.garbage import collect_rarely
from orchestrator.logs import log_to_stderr
from orchestrator.operations.system.refuse_old_schema import refuse_old_schema_if_known
from orchestrator.settings import load_settings
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.told_counts import tell_in_background
from orchestrator.store.sql.engine import open_redis, open_sql
from orchestrator.store.timeouts import BROKER_HEALTH_S, CONNECT_S, REDIS_ANSWER_S
from orchestrator.traces import begin_tracing
from workers.presence import Presence
from workers.priority import yield_to_live_calls
from workers.tasks.broker import spare_clients, survive_outages
from workers.tasks.heartbeat import WorkerHeartbeat
from workers.tasks.names import BROKER_PREFIX, CALLS_DIAL, CALLS_PERFORM, QUEUE_COMMANDS, QUEUE_DIALS


def _queue(name: str) -> Queue:
    """Return a queue with an exchange of its own: left out, it would be the default queue's, and get its messages."""
    return Queue(name, Exchange(name), routing_key=name)  # type: ignore[no-untyped-call]  # kombu ships no types


# Messages are JSON, so that root runs nothing which they bring along: every start would warn of it.
warnings.filterwarnings("ignore", category=SecurityWarning)
collect_rarely()  # before Celery and the tasks are imported
survive_outages()
spare_clients()
app = Celery("orchestrator", broker=load_settings().redis_url, include=["workers.tasks.tasks"])
app.conf.update(
    # A program that asks the app, such as Flower for its broker page, learns of every queue, not of the default one.
    task_queues=[_queue(QUEUE_COMMANDS), _queue(QUEUE_DIALS)],
    task_routes={CALLS_DIAL: {"queue": QUEUE_DIALS}, CALLS_PERFORM: {"queue": QUEUE_COMMANDS}},
    task_default_queue=QUEUE_COMMANDS,
    task_serializer="json",
    accept_content=["json"],
    # A message is a wake-up with an id: it may run 0, 1 or n times, and a sweeper issues what was not done.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_publish_retry=False,
    task_store_errors_even_if_ignored=False,
    result_backend=None,
    worker_pool="threads",
    worker_concurrency=64,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,  # Flower turns them on while it runs
    worker_enable_remote_control=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_channel_error_retry=True,  # a broker that answers and refuses, as while it fails over, is one that is away
    broker_transport_options={
        "visibility_timeout": 120,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "unacked_mutex_expire": 10,  # of who looks for them, and died or heard no answer: nobody else looks meanwhile
        "max_connections": 200,
        "socket_timeout": REDIS_ANSWER_S,
        "socket_connect_timeout": CONNECT_S,
        "socket_keepalive": True,
        "health_check_interval": BROKER_HEALTH_S,
        "global_keyprefix": BROKER_PREFIX,
    },
)
app.steps["consumer"].add(WorkerHeartbeat)


@celeryd_after_setup.connect  # type: ignore[untyped-decorator]
def _refuse_old_schema(**_: Any) -> None:
    sql = open_sql(load_settings().database_url, pool_size=1)
    refuse_old_schema_if_known(sql)
    sql.dispose()


@celeryd_after_setup.connect  # type: ignore[untyped-decorator]
def _yield_to_live_calls(instance: Any, **_: Any) -> None:
    if set(instance.app.amqp.queues.consume_from) == {QUEUE_DIALS}:
        yield_to_live_calls()


@worker_ready.connect  # type: ignore[untyped-decorator]
def _be_watched(sender: Any, **_: Any) -> None:
    from workers.tasks.tasks import served  # it needs this app

    client, queues = open_redis(load_settings().redis_url), sorted(sender.app.amqp.queues.consume_from)
    presence = Presence(client, Keys(), kind="worker", parts=queues, served=served)
    end = tell_in_background(client, Keys(), tell_too=presence.show)
    end_tracing = begin_tracing(load_settings().otlp_endpoint, process="worker")

    def leave(**_: Any) -> None:
        end()
        end_tracing()
        with suppress(RedisError):
            presence.hide()

    worker_shutdown.connect(leave, weak=False)


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _see_at_once_that_it_ends(**_: Any) -> None:
    """Wake the worker's loop: a signal does not, and it would look up to a second later. Only another thread can."""
    if loop := get_event_loop():
        Thread(target=loop.call_soon, args=[lambda: None]).start()


@setup_logging.connect  # type: ignore[untyped-decorator]  # Celery ships no types
def _log(**_: Any) -> None:
    settings = load_settings()
    log_to_stderr(settings.log_format, settings.log_level)
