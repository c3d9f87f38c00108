"""What the OpenAPI document says is what the API does: every operation is asked what fits its schema and what does not.

`CONTRACT_EXAMPLES` says how many of each kind. `make contract` asks for many, and besides goes to the bounds of each
field and leaves out each that is needed, which takes minutes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import settings as examples
from nacl.encoding import Base64Encoder
from nacl.signing import SigningKey
from pydantic import SecretStr
from pydantic_core.core_schema import ErrorType
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from api.app import ROUTES, create_app
from api.http.openapi import openapi_document
from orchestrator.services import Services
from orchestrator.settings import Settings
from tests.support.contract_things import Things, make_things
from tests.support.databases import clone_database, drop_database
from tests.support.rest import CALLER_ID, CONNECTION, KEY, Rest

pytestmark = pytest.mark.usefixtures("quick_hashes")

ASKED_FOR_MANY = "CONTRACT_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "3"))
PHASES = {"coverage": {"enabled": ASKED_FOR_MANY}}
HANGS_S = 3_600 if ASKED_FOR_MANY else 300
SAME_EVERY_TIME = {"deterministic": True, "max-examples": EXAMPLES, "no-shrink": True, "allow-x00": False}
DOCUMENT = openapi_document(ROUTES)
OPERATIONS = [f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods]
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
# What a schema cannot say decides too: the gate, a flow's inputs, a zone that exists, fields that exclude each other.
# What it can say is asked for by `refused_for_its_shape` instead.
# That the key is asked for is seen once for each address, not three times for each question.
LEFT_OUT = [positive_data_acceptance, ignored_auth]
# A flow is checked, a file previewed, and each of many contacts answered, whatever it is: what is wrong with it stands
# in a 200.
TAKES_ANYTHING = (
    "/v1/flows/check",
    "/v1/campaigns/{campaign_id}/contacts",
    "/v1/campaigns/{campaign_id}/imports/preview",
)
# Which fields an engine has, the field that names it says; which query a file of suppressions has, one number has not;
# and what is too short for a search is found once its words are taken apart.
DEPENDS = re.compile(r"/transcription_engine_config/|^\?(scope|reason|region|by|map|encoding|q)$")
SAYS_503 = ("/readyz",)
# What a space is, the dialects of patterns do not agree upon.
NO_SHAPES = ("value_error", "assertion_error", "string_pattern_mismatch")
SHAPES = {kind for kind in get_args(ErrorType) if kind not in NO_SHAPES} | {
    "required",
    "unknown_field",
    "null",
}


@pytest.fixture(scope="module")
def services(postgres_server: Any, valkey_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    url = clone_database(postgres_server.url, "contract")
    settings = Settings(
        telnyx_connection_id=CONNECTION,
        telnyx_api_key=SecretStr("KEYtest"),
        telnyx_public_key=SigningKey.generate().verify_key.encode(Base64Encoder).decode(),
        public_url="https://calls.example",
        caller_id=CALLER_ID,
        api_key=SecretStr(KEY),
        data_dir=tmp_path_factory.mktemp("data"),
        database_url=url,
        redis_url=valkey_server.url,
    )
    services = Services(settings=settings)
    services.redis.flushall()
    yield services
    services.close()
    drop_database(url)


@pytest.fixture(scope="module")
def rest(services: Services) -> Rest:
    """Return a client of an API where one of each kind is there to be listed."""
    rest = Rest(create_app(services))
    make_things(rest, services)
    return rest


@pytest.fixture
def things(operation: str, rest: Rest, services: Services) -> Things:
    """Return what the operation's path leads to, anew for every one: some of them end what they are given."""
    return make_things(rest, services, named=re.findall(r"{(\w+)}", operation))


@cache
def _api() -> BaseSchema:
    load_all_checks()
    return schemathesis.openapi.from_dict(
        DOCUMENT, config=schemathesis.Config.from_dict({"generation": SAME_EVERY_TIME, "phases": PHASES})
    )


@pytest.mark.timeout(HANGS_S)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_answers_as_its_document_says(operation: str, rest: Rest, things: Things) -> None:
    # `@schema.parametrize()` would build the cases of all operations, ten seconds long, in every process that collects.
    method, path = operation.split(" ")
    run_cases = build_operation_test(
        config=_api().config,
        operation=_api()[path][method],
        test_func=_answers_as_its_document_says,
        given_kwargs={},
        feedback=FeedbackSources(constants_value_source=make_constants_value_source(_api())),
    )

    run_cases(rest=rest, things=things)


@examples(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def _answers_as_its_document_says(case: schemathesis.Case, rest: Rest, things: Things) -> None:
    case.operation.schema.app = rest.app
    things.put_into(case)

    case.call_and_validate(
        app=rest.app,
        headers=AUTHORIZED,
        additional_checks=[refused_for_its_shape],
        excluded_checks=_left_out(case.operation.path),
    )


def refused_for_its_shape(_: Any, response: Any, case: schemathesis.Case) -> None:
    """Fail where a request that fits its schema is refused for a reason that the schema could have said."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    errors = {error["pointer"]: error["code"] for error in response.json()["errors"]}
    wrong = {place: code for place, code in errors.items() if code in SHAPES and not DEPENDS.search(place)}
    assert not wrong, f"the document allows what is refused: {wrong}"


def _left_out(path: str) -> list[Any]:
    left_out = [*LEFT_OUT, *([negative_data_rejection] if path in TAKES_ANYTHING else [])]
    return [*left_out, *([not_a_server_error] if path in SAYS_503 else [])]
