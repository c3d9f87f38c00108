"""The API of a test behind a real port, for the command line to talk to."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from types import MappingProxyType
from typing import Any

from werkzeug.serving import make_server

from tests.support.rest import KEY, Rest


@contextmanager
def options_for(
    rest: Rest, *, behind_reads: Mapping[str, Callable[[], object]] = MappingProxyType({})
) -> Iterator[list[str]]:
    """Serve the API; yield the options by which the command line reaches it.

    `behind_reads` is what somebody does as soon as these paths have been read, once, before the answer arrives.
    """
    to_come = dict(behind_reads)

    def with_whole_bodies(environ: dict[str, Any], respond: Any) -> Any:
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        answer = rest.app(environ, respond)
        if environ["REQUEST_METHOD"] == "GET" and (act := to_come.pop(environ["PATH_INFO"], None)):
            act()
        return answer

    server = make_server("127.0.0.1", 0, with_whole_bodies, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield ["--url", f"http://127.0.0.1:{server.port}", "--key", KEY]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
