"""Pages from templates. The rule kept here: every value is escaped unless it is cleaned HTML of a post, and no script runs inline."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from web.i18n import LOCALES, Locale, catalogue, day, moment

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
    "script-src 'self'; connect-src 'self'; form-action 'self' https: http://*.localhost:*; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@cache
def _environment(locale: Locale) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(catalogue(locale), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["day"] = lambda at_ms: day(at_ms, locale)
    environment.filters["moment"] = lambda at_ms: moment(at_ms, locale)
    environment.globals["locale"] = locale
    environment.globals["locales"] = LOCALES
    return environment


def render(template: str, locale: Locale, **values: Any) -> str:
    """The page `template` (a file name in templates/) in the reader's language. Templates say `_("…")` or `{% trans %}`."""
    return _environment(locale).get_template(template).render(**values)
