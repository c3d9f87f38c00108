"""The style sheet, the script and the icon: small files of ours, read once, named by what is in them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from flask import Response, request
from werkzeug.exceptions import NotFound

_FOLDER = Path(__file__).parent / "static"
_MEDIA = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_A_YEAR = "public, max-age=31536000, immutable"


class StaticFiles:
    """The files, in memory."""

    def __init__(self) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.suffix in _MEDIA}
        self._digests = {name: sha256(content).hexdigest()[:16] for name, content in self._files.items()}

    def address(self, name: str) -> str:
        """Return the address of a file; it changes with the file, so that a browser may keep it for ever."""
        return f"/static/{name}?v={self._digests[name]}"

    def answer(self, name: str) -> Response:
        """Return a file; raise NotFound for none."""
        if name not in self._files:
            raise NotFound
        response = Response(self._files[name], content_type=_MEDIA[Path(name).suffix])
        is_newest = request.args.get("v") == self._digests[name]
        response.headers["Cache-Control"] = _FOR_A_YEAR if is_newest else "no-cache"
        response.set_etag(self._digests[name])
        return response.make_conditional(request)  # type: ignore[return-value]
