"""What proves afterwards what was done: audit chains, digests, sealing, and the verification of all of it."""
