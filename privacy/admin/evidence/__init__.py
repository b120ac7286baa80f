"""What proves afterwards what was done."""
