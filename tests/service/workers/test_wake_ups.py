"""Wake-ups are written by ourselves: Celery must not be able to tell."""

from __future__ import annotations

import base64
import json
from typing import Any

import redis

from workers.tasks.names import BROKER_PREFIX, CALLS_PERFORM, QUEUE_COMMANDS

CALL = "call_01J9Z0000000000000000000AA"


def messages(client: redis.Redis) -> list[dict[str, Any]]:
    return [json.loads(raw) for raw in client.lrange(BROKER_PREFIX + QUEUE_COMMANDS, 0, -1)[::-1]]


def without_ids(message: dict[str, Any]) -> dict[str, Any]:
    headers, properties = message["headers"], message["properties"]
    kept = {name: headers[name] for name in headers if name not in ("id", "root_id", "origin")}
    rest = {name: properties[name] for name in properties if name not in ("correlation_id", "delivery_tag", "reply_to")}
    body = json.loads(base64.b64decode(message["body"]))
    return {**message, "headers": kept, "properties": rest, "body": body}


def test_a_wake_up_is_what_celery_itself_would_send(broker: redis.Redis, redis_url: str) -> None:
    from workers.tasks.app import app
    from workers.tasks.publish import publish

    publish(CALLS_PERFORM, [CALL])
    with app.connection_for_write(redis_url) as connection:
        app.send_task(CALLS_PERFORM, (CALL,), queue=QUEUE_COMMANDS, connection=connection, ignore_result=True)

    ours, theirs = messages(broker)
    assert without_ids(ours) == without_ids(theirs)
    assert ours["headers"].keys() == theirs["headers"].keys()
    assert ours["properties"].keys() == theirs["properties"].keys()


def test_wake_ups_keep_their_order_and_share_no_id(broker: redis.Redis) -> None:
    from workers.tasks.publish import publish

    publish(CALLS_PERFORM, ["call_1", "call_2", "call_3"])

    found = messages(broker)
    assert [message["headers"]["argsrepr"] for message in found] == ["('call_1',)", "('call_2',)", "('call_3',)"]
    assert len({message["headers"]["id"] for message in found}) == 3
    assert len({message["properties"]["delivery_tag"] for message in found}) == 3
