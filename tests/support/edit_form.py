"""The form that edits a campaign, as a browser would send it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from tests.support.visitor import Visitor


def form_of(page: str) -> dict[str, Any]:
    """Return the fields of the form that edits something as a browser would send them untouched."""
    form: dict[str, Any] = {}
    begins = re.search(r'<form class="(panel|stack)', page)
    assert begins, page
    for tag in re.findall(r"<input[^>]*>", page[begins.start() :]):
        said = {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if said.get("type") != "checkbox":
            form[said["name"]] = said.get("value", "")
        elif tag.endswith(" checked>"):
            form.setdefault(said["name"], []).append(said["value"])
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"(.*?)</select>', page, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        form[name] = unescape(chosen[0]) if chosen else ""
    for name, written in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL):
        form[name] = unescape(written)
    return form


def edit_form(admin: Visitor, campaign: str) -> dict[str, Any]:
    """Return the fields of the form as it is opened now."""
    return form_of(admin.get(f"/campaigns/{campaign}/edit").text)
