"""Other people in what others wrote (GDPR art. 15(4)): found, confirmed by a person, and left out of a package.

`search` finds them in texts: `patterns` knows the shapes of addresses and numbers, `names` who is known to the
database, `suggestions` what looks like somebody's name. `look` is the step that writes down where they stand; `told` is
what the package shows in their place.
"""
