from django.urls import path

from privacy.portal import asking, cases, download, gpc, preferences, unsubscribe, verification

# The token is a path segment, so that a log that names routes instead of paths never holds it.
urlpatterns = [
    path("privacy/", asking.start, name="privacy"),
    path("privacy/request/<slug:right>/", asking.ask, name="ask"),
    path("privacy/request/<slug:right>/sent/", asking.sent, name="ask_sent"),
    path("privacy/request/<slug:right>/done/", asking.done, name="ask_done"),
    path("privacy/confirm/<str:token>/", asking.confirm, name="confirm_request"),
    path("privacy/case/<str:token>/", cases.case, name="case"),
    path("privacy/case/<str:token>/withdraw/", cases.withdraw, name="case_withdraw"),
    path("privacy/case/<str:token>/appeal/", cases.appeal, name="case_appeal"),
    path("privacy/preferences/<str:token>/", preferences.preferences, name="preferences"),
    path("privacy/choice/<str:token>/", preferences.again, name="confirm_choice"),
    path("download/<str:token>/", download.package, name="package_download"),
    path("privacy/unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("privacy/case/<str:token>/verify/", verification.verify, name="case_verify"),
    path("privacy/case/<str:token>/verify/code/", verification.code, name="case_verify_code"),
    path("privacy/case/<str:token>/verify/session/", verification.session, name="case_verify_session"),
    path("privacy/case/<str:token>/verify/<slug:way>/", verification.document, name="case_verify_document"),
    path(".well-known/gpc.json", gpc.well_known, name="gpc"),
]
