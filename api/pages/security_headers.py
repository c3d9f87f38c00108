"""What every page tells the browser about what it may do with it."""

from __future__ import annotations

from flask import Response

_SELF = ("style-src", "script-src", "img-src", "media-src", "connect-src", "form-action")
POLICY = "; ".join(
    ["default-src 'none'", *(f"{name} 'self'" for name in _SELF), "frame-ancestors 'none'", "base-uri 'none'"]
)

# With `no-referrer` a browser would send the Origin `null` with our own forms.
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def secure(response: Response) -> Response:
    """Set the headers on a response; it is kept by no cache unless it says otherwise."""
    for name, value in _HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    return response
