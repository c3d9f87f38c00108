"""Every command of `orchestrator` with its line of help, in the order in which `orchestrator --help` shows them."""

from __future__ import annotations

from orchestrator.cli.lazy_commands import Entry

_FINDS = "Finds the API like `orchestrator campaign`."
_PROCESSES = ("processes",)

COMMANDS = (
    Entry("up", "Start everything on this machine, and stop it with Ctrl-C.", _PROCESSES),
    Entry(
        "serve",
        "Serve the REST API, its reference and the webhook endpoint; any number of processes may run.",
        _PROCESSES,
    ),
    Entry(
        "engine",
        "Run the loops: dispatch dials, advance calls, settle their records, sweep overdue work, fetch recordings.",
        _PROCESSES,
    ),
    Entry(
        "media",
        "Receive the audio of live calls: streams by websocket, forks by UDP; writes a WAV for each track.",
        _PROCESSES,
    ),
    Entry("simulator", "Run the simulated carrier; `orchestrator simulator --help` shows its options.", _PROCESSES),
    Entry(
        "migrate",
        "Migrate the database of ORCHESTRATOR_DATABASE_URL to the newest schema; "
        "safe to repeat and to run in parallel.",
        _PROCESSES,
    ),
    Entry("backup", "Write PostgreSQL, recordings and media into one file, while everything runs.", ("backup",)),
    Entry(
        "restore", "Fill an empty installation from a backup; dialing stays stopped until it is resumed.", ("backup",)
    ),
    Entry(
        "demo",
        "Call two hundred simulated people and show the progress: what `make demo` runs.",
        _PROCESSES,
        hidden=True,
    ),
    Entry(
        "doctor",
        "Check that real calls would work: ✓ good, ✗ wrong, ! doubtful though calls are made, ? unknown.",
        ("doctor",),
    ),
    Entry(
        "listen",
        "Print events as they happen, until Ctrl-C. None is missed, not even while the API is restarted.",
        ("listen",),
    ),
    Entry(
        "flow",
        f"Check a flow or dry-run it offline; store flows, list and show them. {_FINDS}",
        ("flow", "flow_stored"),
    ),
    Entry(
        "campaign",
        "Create campaigns, import contacts, start, watch and report. "
        "Finds the API and its key in the data folder of a running `orchestrator up`, or through --url and --key.",
        ("campaign", "campaign_again", "campaign_edit", "campaign_list"),
    ),
    Entry(
        "contact",
        f"Find, show, explain or change a contact, or let it be called once more. {_FINDS}",
        ("contact", "contact_search"),
    ),
    Entry(
        "key",
        f"Give people and programs a key of their own: a viewer's, an operator's or an admin's. {_FINDS}",
        ("key",),
    ),
    Entry("user", f"Say who may sign in to the web page, and as what. {_FINDS}", ("user",)),
    Entry(
        "call",
        f"Dial one number, send a command to a live call, list calls or show one. {_FINDS}",
        ("call", "call_list"),
    ),
    Entry("dialing", f"Stop all dialing, and resume it. {_FINDS}", ("dialing",)),
    Entry("number", f"Answer incoming calls with flows. {_FINDS}", ("number",)),
    Entry("consent", f"Record consents and revocations, and show them. {_FINDS}", ("consent",)),
    Entry(
        "list",
        f"Keep lists of numbers: those not to be dialed, registries, and those that alone are dialed. {_FINDS}",
        ("list",),
    ),
    Entry("suppress", f"Keep numbers from being dialed, everywhere or in one campaign. {_FINDS}", ("suppress",)),
    Entry("recording", f"List recordings, download them, or make links to listen to. {_FINDS}", ("recording",)),
    Entry(
        "policy",
        f"Show and change what holds for every campaign: caps, rests, and how long data is kept. {_FINDS}",
        ("policy",),
    ),
    Entry(
        "pool",
        f"Keep pools of caller ids: which numbers people see, and how often each is dialed from. {_FINDS}",
        ("pool",),
    ),
    Entry(
        "connection",
        "Show and change the limits of the carrier account: calls per second, live calls, the countries that are "
        f"dialed. {_FINDS}",
        ("connection",),
    ),
    Entry("webhook", f"Keep webhook endpoints, which receive events. {_FINDS}", ("webhook",)),
)
