from django.urls import path

from privacy.portal import download

# The token is a path segment, so that a log that names routes instead of paths never holds it.
urlpatterns = [path("download/<str:token>/", download.package, name="package_download")]
