"""How many digits of an amount stand behind the point (ISO 4217, as Stripe counts: docs.stripe.com/currencies)."""

WHOLE = {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
THOUSANDTHS = {"bhd", "jod", "kwd", "omr", "tnd"}


def digits_of(currency: str) -> int:
    if currency in WHOLE:
        return 0
    return 3 if currency in THOUSANDTHS else 2
