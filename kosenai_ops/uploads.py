"""The size of a request with files is refused by its header, before a byte of it is stored."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.template.defaultfilters import filesizeformat


class SizeLimit(FileUploadHandler):
    """The first of FILE_UPLOAD_HANDLERS. Raises RequestDataTooBig above settings.UPLOAD_MAX_SIZE bytes."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        if content_length > settings.UPLOAD_MAX_SIZE:
            raise RequestDataTooBig(
                f"The upload has {filesizeformat(content_length)}; "
                f"{filesizeformat(settings.UPLOAD_MAX_SIZE)} is the most this page takes."
            )

    def receive_data_chunk(self, raw_data, start):
        return raw_data

    def file_complete(self, file_size):
        return None
