"""Takes pictures of pages: each at three widths, light and dark.

    python -m tests.browser.pictures serve FOLDER [--empty]      a stack with campaigns, until Ctrl-C or SIGTERM
    python -m tests.browser.pictures take FOLDER OUT / /campaigns/RUNNING …

`RUNNING`, `DRAFT`, `WAITING` and `RECORDED` in an address stand for the ids of the campaigns of that stack. `take`
restarts the stack's API first, so that it shows what was changed in code and templates; `--as viewer` shows what a
viewer sees.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
from pathlib import Path
from urllib.request import urlopen

from orchestrator.policy.roles import Role
from tests.support.browser import WIDTHS, open_browser, open_window
from tests.support.pages_shown import fill, record, sign_in_path
from tests.support.poll import eventually
from tests.support.stack_run import stack_and_simulator

_SCHEMES = ("light", "dark")


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(dest="way", required=True)
    serving = ways.add_parser("serve")
    serving.add_argument("folder", type=Path)
    serving.add_argument("--empty", action="store_true")
    taking = ways.add_parser("take")
    taking.add_argument("folder", type=Path)
    taking.add_argument("out", type=Path)
    taking.add_argument("paths", nargs="+")
    taking.add_argument("--as", dest="role", type=Role, default=Role.ADMIN)
    taking.add_argument("--widths", type=int, nargs="*", default=list(WIDTHS))
    taking.add_argument("--schemes", nargs="*", default=list(_SCHEMES))
    given = parser.parse_args()
    if given.way == "serve":
        _serve(given.folder, is_empty=given.empty)
    else:
        _take(given)


def _serve(folder: Path, *, is_empty: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for each in (signal.SIGINT, signal.SIGTERM):  # a shell has its background processes ignore the first
        signal.signal(each, lambda *_: sys.exit(0))
    with stack_and_simulator(folder / "data", time_scale=1) as (stack, _):
        ids = {} if is_empty else {**fill(stack, contacts=2_000), "recorded": record(stack, contacts=20)}
        (folder / "shown.json").write_text(json.dumps({"url": stack.rest.url, "ids": ids}))
        sys.stdout.write(f"{stack.rest.url}{sign_in_path(stack.folder)}\n")
        sys.stdout.flush()
        signal.pause()


def _take(given: argparse.Namespace) -> None:
    shown = json.loads((given.folder / "shown.json").read_text())
    data = given.folder / "data"
    children = json.loads((data / "children.json").read_text())
    os.kill(next(child["pid"] for child in children if child["name"] == "api"), signal.SIGKILL)
    eventually(lambda: _answers(shown["url"]), within=60)
    given.out.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser:
        for scheme in given.schemes:
            window = open_window(browser, shown["url"], scheme=scheme)
            page = window.new_page()
            page.on("console", lambda said: sys.stdout.write(f"console: {said.text}\n"))
            page.goto(sign_in_path(data, given.role))
            page.get_by_role("button", name="Sign in").click()
            for path in given.paths:
                address = re.sub("[A-Z]{5,}", lambda name: shown["ids"].get(name[0].lower(), name[0]), path)
                for width in given.widths:
                    page.set_viewport_size({"width": width, "height": WIDTHS.get(width, 900)})
                    page.goto(address)
                    name = re.sub(r"\W+", "-", path).strip("-") or "front"
                    target = given.out / f"{name}-{width}-{scheme}.png"
                    page.screenshot(path=target, full_page=True)
                    sys.stdout.write(f"{target}\n")


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    main()
