"""Renders templates: everything is escaped, a name that is not there is an error, and sentences can be translated."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import NullTranslations
from typing import Any

import jinja2

from api.pages import words
from api.pages.static_files import StaticFiles


class Renderer:
    """The templates of the pages, compiled once."""

    def __init__(self, static: StaticFiles) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("api.pages"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        translations = NullTranslations()
        self._templates.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
        self._templates.filters.update(_FILTERS)
        self._templates.globals.update(static=static.address, words=words)

    def render(self, template: str, **values: Any) -> str:
        """Return a template, filled in."""
        return self._templates.get_template(template).render(values)


_FILTERS: Mapping[str, Any] = {
    "number": words.number,
    "rate": words.rate,
    "percent": words.percent,
    "duration": words.duration,
    "instant": words.instant,
    "in_zone": words.in_zone,
    "phrase": words.phrase,
    "place": words.place,
}
