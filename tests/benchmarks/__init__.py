"""Speed as ratios to hand-written SQL in the same run: `make bench`. Not timed tests: a slow machine fails nothing."""
