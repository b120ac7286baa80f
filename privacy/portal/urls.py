from django.urls import path

from privacy.portal import cases, download, gpc, unsubscribe, verification

# The token is a path segment, so that a log that names routes instead of paths never holds it.
urlpatterns = [
    path("download/<str:token>/", download.package, name="package_download"),
    path("privacy/unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("privacy/case/<str:token>/", cases.case, name="case"),
    path("privacy/case/<str:token>/verify/", verification.verify, name="case_verify"),
    path("privacy/case/<str:token>/verify/code/", verification.code, name="case_verify_code"),
    path("privacy/case/<str:token>/verify/session/", verification.session, name="case_verify_session"),
    path("privacy/case/<str:token>/verify/<slug:way>/", verification.document, name="case_verify_document"),
    path(".well-known/gpc.json", gpc.well_known, name="gpc"),
]
