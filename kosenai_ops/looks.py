"""What Unfold's pages load of ours, and what they leave out (settings.UNFOLD names these)."""

from csp.constants import NONCE, NONE, SELF
from django.templatetags.static import static
from django.urls import reverse_lazy


def theme(request) -> str:
    return static("kosenai_ops/theme.css")


def alpine_csp(request) -> str:
    return static("kosenai_ops/alpine_csp.js")


def reach(request) -> str:
    return static("kosenai_ops/reach.js")


def keys(request) -> str:
    return static("kosenai_ops/keys.js")


def kept(request) -> str:
    return static("kosenai_ops/kept.js")


def menu(request) -> str:
    return static("kosenai_ops/menu.css")


def favicon(request) -> str:
    return static("kosenai_ops/favicon.svg")


def without_inline_style(request) -> dict:
    """No colours in the page: `theme.css` has them, because an inline style would break the content policy."""
    return {"colors": {}}


UNFOLD = {
    "SITE_TITLE": "Kosenai Ops",
    "SITE_HEADER": "Kosenai Ops",
    "SITE_SYMBOL": "shield_person",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": favicon}],
    "SHOW_VIEW_ON_SITE": False,
    # Django's history of a row is empty here: what is done stands in the audit trail.
    "SHOW_HISTORY": False,
    # What stands on the first page and in the sidebar. Ctrl+K is ours (kosenai_ops.finding).
    "DASHBOARD_CALLBACK": "privacy.admin.dashboard.context",
    "SIDEBAR": {"navigation": "kosenai_ops.navigation.sidebar", "show_search": False},
    "ACCOUNT": {
        "navigation": [
            {"title": "Time zone and digest", "link": reverse_lazy("account_time_zone")},
            {"title": "Second factor", "link": reverse_lazy("mfa_index")},
            {"title": "Sessions", "link": reverse_lazy("usersessions_list")},
            {"title": "Password", "link": reverse_lazy("account_change_password")},
        ]
    },
    "STYLES": [theme, menu],
    "SCRIPTS": [alpine_csp, reach, keys, kept],
    "GLOBAL_CALLBACK": "kosenai_ops.looks.without_inline_style",
}

# What a page of ours may load: nothing from elsewhere, and no script that is not ours.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
