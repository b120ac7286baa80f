import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from kosenai_ops import urls
from kosenai_ops.urls import handler400  # noqa: F401  (Django looks for it in the module of the URLs)


@csrf_exempt
def upload(request):
    return urls.health.HttpResponse(str(sum(file.size for file in request.FILES.values())))


urlpatterns = [*urls.urlpatterns, path("upload", upload)]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nowhere/", "/admin/nowhere/", "/accounts/nowhere/"])
def test_an_unknown_address_says_so_in_the_house_style(client, admin_user, path):
    client.force_login(admin_user)
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Nothing is here" in answer.content.decode()


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_with_what_to_do():
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    assert answer.status_code == 403
    assert "The form is out of date" in answer.content.decode()


def test_an_unknown_host_is_refused_without_repeating_it(client):
    answer = client.get("/admin/", HTTP_HOST="evil.example.com")
    assert answer.status_code == 400
    assert "The request was refused" in answer.content.decode()
    assert "evil" not in answer.content.decode()


@pytest.mark.urls("tests.kosenai_ops.test_error_pages")
class TestUploads:
    def send(self, size):
        return Client().post("/upload", {"file": SimpleUploadedFile("a.csv", b"x" * size)})

    def test_one_within_the_limit_passes(self):
        assert self.send(10).content == b"10"

    def test_one_above_it_is_refused_before_it_is_read_with_both_sizes(self, settings):
        settings.UPLOAD_MAX_SIZE = 1000
        answer = self.send(5000)
        assert answer.status_code == 413
        assert "1000 bytes is the most this page takes" in answer.content.decode().replace("\xa0", " ")


@pytest.mark.django_db
def test_too_many_attempts_are_answered_in_the_house_style(client, admin_user):
    client.force_login(admin_user)
    answers = [client.post("/accounts/password/change/", {"oldpassword": "wrong"}) for _ in range(6)]
    assert answers[-1].status_code == 429
    assert "Wait five minutes" in answers[-1].text


def test_the_icon_is_found_where_browsers_look_for_it(client):
    assert client.get("/favicon.ico").url == "/static/kosenai_ops/favicon.svg"
