from django.urls import path

from privacy.portal import cases, download, gpc, unsubscribe

# The token is a path segment, so that a log that names routes instead of paths never holds it.
urlpatterns = [
    path("download/<str:token>/", download.package, name="package_download"),
    path("privacy/case/<str:token>/", cases.case, name="case"),
    path("privacy/unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path(".well-known/gpc.json", gpc.well_known, name="gpc"),
]
