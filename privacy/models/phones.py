"""How a telephone number is spelled here."""

import phonenumbers
from django.core.exceptions import ValidationError


def normalise_phone(value: str) -> str:
    """E.164, such as +4930123456 (ITU-T E.164). Raises ValidationError for what is none, or has no country code: whose
    it is could only be guessed."""
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException as error:
        raise ValidationError("This is not a telephone number with its country code, such as +49 30 123456.") from error
    if not phonenumbers.is_possible_number(number):
        raise ValidationError("A telephone number has more or fewer digits.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
