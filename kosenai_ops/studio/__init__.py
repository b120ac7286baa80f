"""What a studio brings along: its users, their screenplays and prompts, and their payments at Stripe.

Each module has `files(folder)`, which it reads; `check(folder)`, which reads them to their end before anything is
written, and raises SourceError with a sentence that names the file; and `part(folder, users)`, their rows and what
writes a slice of them, through privacy.fulfilment.importing and billing.sync. fulfilment.studio_imports does the work.
"""
