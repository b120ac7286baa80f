"""What a studio brings along: its users, their screenplays and prompts, and their payments at Stripe.

`read(folder)` of each module reads and checks everything before anything is written, and raises SourceError with a
sentence that names the file. What is written goes through privacy.fulfilment.intake and billing.sync.
"""
