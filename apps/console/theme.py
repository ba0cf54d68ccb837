"""The look of the console: settings of the theme. Pure, because settings import it."""

from typing import Any


def _static(path: str) -> str:
    from django.templatetags.static import static  # settings import this module before static files are known

    return static(path)


_BRAND = {
    "50": "240 253 250",
    "100": "204 251 241",
    "200": "153 246 228",
    "300": "94 234 212",
    "400": "45 212 191",
    "500": "20 184 166",
    "600": "13 124 113",
    "700": "15 108 100",
    "800": "17 94 89",
    "900": "19 78 74",
    "950": "4 47 46",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "PetWash console",
    "SITE_HEADER": "PetWash",
    "SITE_SUBHEADER": "Operations console",
    "SITE_SYMBOL": "pets",
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: _static("console/favicon.svg")}],
    "STYLES": [lambda request: _static("console/console.css")],
    "BORDER_RADIUS": "8px",
    "COLORS": {"primary": {shade: f"rgb({sign})" for shade, sign in _BRAND.items()}},
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": []},
}
