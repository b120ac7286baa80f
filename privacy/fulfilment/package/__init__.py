"""The access package (GDPR art. 15 and 20; CCPA 1798.110 and .130): one zip of everything the data map says we hold.

`builder.build` is the way in. `snapshot` reads at one moment, `tables` says what is read, `postgres` and `portable`
how; `archive` and `output` write; `uploads` adds the person's files, `cover` the page a person opens first.
"""
