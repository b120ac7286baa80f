"""What Unfold's pages load of ours, and what they leave out (settings.UNFOLD names these)."""

from django.templatetags.static import static


def theme(request) -> str:
    return static("kosenai_ops/theme.css")


def alpine_csp(request) -> str:
    return static("kosenai_ops/alpine_csp.js")


def favicon(request) -> str:
    return static("kosenai_ops/favicon.svg")


def without_inline_style(request) -> dict:
    """No colours in the page: `theme.css` has them, because an inline style would break the content policy."""
    return {"colors": {}}
