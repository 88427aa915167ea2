"""The log: what it holds, how anybody checks it, and how it is kept.

Read in this order. Everything in the first block is pure: values in, values out, no clock, no
randomness, no file, no network, and never a private key.

    errors      what may go wrong, under one base error
    canonical   the one way in which JSON is written (RFC 8785, a subset)
    entry       the kinds of entries and their members
    chain       each entry names the one before it
    merkle      the tree over the entries (RFC 6962): roots and proofs
    encoding    base64, read strictly
    tree_head   what a checkpoint says, as text
    mldsa       ML-DSA-44 cosignatures (C2SP tlog-cosignature)
    note        signed notes (C2SP signed-note, tlog-cosignature)
    checkpoint  a log's signed size and root (C2SP tlog-checkpoint)
    proof       an inclusion proof as one text (C2SP tlog-proof)
    tiles       hashes and entries as files (C2SP tlog-tiles)
    trace       how a person finds the entries about her
    bundle      chosen entries in one file, with all that proves them
    receipt     whether a receipt's two parts belong together
    receipt_words  what is said of a receipt, in both languages
    tag_files   a day's tags as one file, made of the entries
    tag_index   all tags of a log in memory
    tag_checks  every such file held against the entries
    tag_search  a person's entries by tag files, each proven
    edge        the right edge of a growing tree, for the log
    sample      which accesses an audit opens, drawn by both sides
    judging     whether an opened access rested on a live grant
    flags       which of a person's entries no grant of hers can have allowed
    spoken      an entry about a person in plain words
    words       a sentence in both languages
    steps       the numbered steps that verify a whole log (docs/verify.md)
    layout      what entries that look alike have in common
    batch       many entries checked at once, for verifiers in a hurry
    runs        bundles checked by themselves, by whichever process is free
    hours       hours as text, moved
    formulas    which formula was in force (step 11)
    outcomes    accesses and what came of them, counted (step 12)
    pruned      which bodies may be gone, and what the log said of it (step 2)
    rules       what entries must keep among each other
    withdrawals lists of withdrawals against the entries (step 13)
    reader      where a reading has got to, and what comes next
    kept        what a later verification goes on from
    walk        one pass over a log's files
    blame       which entry is really the first bad one
    verify      the steps from the first to the last
    verdict     what they came to, as JSON and as lines

The second block does I/O, and uses only the first:

    turns       several processes at one file
    store       the SQLite file of one log
    stored      the store's rows as a tree and as public files
    batching    what several callers ask, as one batch
    log         appending: group commit, sign, release
    pruning     which bodies go, announced and then removed
    archive     a whole log as one tar file
    source      reading a log from a folder or a URL
    asking      one question over HTTP, beside the log's files
    workers     runs checked in several processes
    examine     verify, with the steps that only some sources have
    state       what is kept, in a file
    watch       a log under watch: growth, silence, absence
    monitor     watch with a clock, a command and metrics
    exits       how the commands end
    verifying   `izin audit verify`
    cosigning   the ML-DSA-44 cosignature on the checkpoint that is served
    answers     caching, ranges, packing and problems over HTTP
    web         the log over HTTP
    export      the log as a folder that verifies offline
    receipt_page  the page that checks a receipt from a disk
    commands/   what `izin audit` can do, one subject a file
    cli         `izin audit ...`

`audit` imports none of our other packages, so that an auditor installs nothing else.
"""
