from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from kosenai_ops import accounts, health


class Favicon(RedirectView):
    def get_redirect_url(self, *args, **kwargs):
        return static("kosenai_ops/favicon.svg")


# The admin's own sign-in knows no second factor; every way in goes through /accounts/login/.
admin.site.login = secure_admin_login(admin.site.login)

# Not allauth's whole list: staff neither sign up, nor change addresses, nor reset passwords by e-mail.
pages = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", accounts.Sessions.as_view(), name="usersessions_list"),
    path("time-zone/", accounts.time_zone, name="account_time_zone"),
    # The token is a path segment, so that a log that names routes instead of paths never holds it.
    path("invitation/<str:token>/", accounts.invitation, name="account_invitation"),
]
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("accounts/", include(pages)),
    path("", include("privacy.portal.urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("favicon.ico", Favicon.as_view()),
]
handler400 = "kosenai_ops.error_pages.bad_request"
handler500 = "kosenai_ops.error_pages.server_error"
