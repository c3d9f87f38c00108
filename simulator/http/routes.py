"""The routes of the HTTP server."""

from __future__ import annotations

from aiohttp import web

from simulator.http.account_resources import (
    get_application,
    get_phone_numbers,
    get_profile,
    get_profiles,
    get_verified_number,
)
from simulator.http.calls import post_action, post_call
from simulator.http.control_access import control_endpoint
from simulator.http.controls import (
    get_arrangements,
    get_faults,
    get_health,
    get_ledger,
    post_arrangements,
    post_callee,
    post_control,
    post_faults,
    post_incoming,
)
from simulator.http.dialogflow import delete_agent, get_agent, put_agent
from simulator.http.queues import (
    delete_queue,
    delete_queue_call,
    get_queue,
    get_queue_call,
    get_queue_calls,
    get_queues,
    patch_queue_call,
    post_queue,
    post_queues,
)
from simulator.http.reads import get_active_calls, get_call, get_call_events, get_nothing, get_public_key
from simulator.http.recordings import get_file, get_recording, get_recordings
from simulator.http.request_handling import WORLD, carrier_endpoint
from simulator.world import World


def build_app(world: World) -> web.Application:
    """Return the application, with the carrier's API under /v2 and the simulator's own paths beside it."""
    app = web.Application()
    app[WORLD] = world
    app.add_routes(
        [
            web.post("/v2/calls", carrier_endpoint(post_call)),
            web.route("*", "/v2/calls/{call_control_id}/actions/{action}", carrier_endpoint(post_action)),
            web.get("/v2/calls/{call_control_id}", carrier_endpoint(get_call)),
            web.get("/v2/connections/{connection_id}/active_calls", carrier_endpoint(get_active_calls)),
            web.get("/v2/queues", carrier_endpoint(get_queues)),
            web.post("/v2/queues", carrier_endpoint(post_queues)),
            web.get("/v2/queues/{name}", carrier_endpoint(get_queue)),
            web.post("/v2/queues/{name}", carrier_endpoint(post_queue)),
            web.delete("/v2/queues/{name}", carrier_endpoint(delete_queue)),
            web.get("/v2/queues/{name}/calls", carrier_endpoint(get_queue_calls)),
            web.get("/v2/queues/{name}/calls/{call_control_id}", carrier_endpoint(get_queue_call)),
            web.patch("/v2/queues/{name}/calls/{call_control_id}", carrier_endpoint(patch_queue_call)),
            web.delete("/v2/queues/{name}/calls/{call_control_id}", carrier_endpoint(delete_queue_call)),
            web.get("/v2/recordings", carrier_endpoint(get_recordings)),
            web.get("/v2/recordings/{recording_id}", carrier_endpoint(get_recording)),
            web.get("/v2/call_events", carrier_endpoint(get_call_events)),
            web.get("/v2/call_control_applications/{id}", carrier_endpoint(get_application)),
            web.get("/v2/outbound_voice_profiles", carrier_endpoint(get_profiles)),
            web.get("/v2/outbound_voice_profiles/{id}", carrier_endpoint(get_profile)),
            web.get("/v2/phone_numbers", carrier_endpoint(get_phone_numbers)),
            web.get("/v2/verified_numbers/{phone_number}", carrier_endpoint(get_verified_number)),
            web.get("/v2/dialogflow_connections/{connection_id}", carrier_endpoint(get_agent)),
            web.post("/v2/dialogflow_connections/{connection_id}", carrier_endpoint(put_agent)),
            web.put("/v2/dialogflow_connections/{connection_id}", carrier_endpoint(put_agent)),
            web.delete("/v2/dialogflow_connections/{connection_id}", carrier_endpoint(delete_agent)),
            web.get("/v2/public_key", carrier_endpoint(get_public_key)),
            web.route("*", "/v2/{path:.*}", carrier_endpoint(get_nothing)),
            web.get("/healthz", get_health),
            web.get("/ledger", control_endpoint(get_ledger)),
            web.get("/faults", control_endpoint(get_faults)),
            web.post("/faults", control_endpoint(post_faults)),
            web.get("/arrangements", control_endpoint(get_arrangements)),
            web.post("/arrangements", control_endpoint(post_arrangements)),
            web.post("/control", control_endpoint(post_control)),
            web.post("/inbound", control_endpoint(post_incoming)),
            web.post("/callees/{call_control_id}", control_endpoint(post_callee)),
            web.get("/recordings/{file}", get_file),
        ]
    )
    return app
