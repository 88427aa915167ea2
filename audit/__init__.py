"""The log: what it holds, how anybody checks it, and how it is kept.

Read in this order. Everything in the first block is pure: values in, values out, no clock, no
randomness, no file, no network, and never a private key.

    errors      what may go wrong, under one base error
    canonical   the one way in which JSON is written (RFC 8785, a subset)
    entry       the kinds of entries and their members
    chain       each entry names the one before it
    merkle      the tree over the entries (RFC 6962): roots and proofs
    note        signed notes (C2SP signed-note, tlog-cosignature)
    checkpoint  a log's signed size and root (C2SP tlog-checkpoint)
    proof       an inclusion proof as one text (C2SP tlog-proof)
    tiles       hashes and entries as files (C2SP tlog-tiles)
    trace       how a person finds the entries about her
    tag_files   a day's tags as one file, made of the entries
    tag_search  a person's entries by tag files, each proven
    batch       many entries checked at once, for verifiers in a hurry
    edge        the right edge of a growing tree, for the log
    spoken      an entry about a person in plain words
    verify      the numbered steps that verify a whole log (docs/verify.md)

The second block does I/O, and uses only the first:

    turns       several processes at one file
    store       the SQLite file of one log
    stored      the store's rows as a tree and as public files
    batching    what several callers ask, as one batch
    log         appending: group commit, sign, release
    source      reading a log from a folder or a URL
    web         the log over HTTP
    export      the log as a folder that verifies offline
    cli         `izin audit ...`

`audit` imports none of our other packages, so that an auditor installs nothing else.
"""
