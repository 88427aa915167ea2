"""Keys: who signs, who may read, and under what name a person is known.

Read in this order; each file holds one idea.

Pure (moment and randomness come in as arguments):

- `errors`: the one error that this package raises.
- `base64url`, `canonical`: one text per byte string, one byte string per value.
- `signing`: Ed25519 keys, their JWK and thumbprint.
- `mldsa`: ML-DSA-44 keys, with which the log cosigns its checkpoints.
- `jws`: signatures in the one shape that Izin writes, compact or detached.
- `sealing`: what every key can do to which messages are sealed; `xwing` and `ecdh_es` are the two
  kinds, and `profiles` knows which there are.
- `statements`: a root key vouches for a working key.
- `trust`: the trust file, which says whose root keys are believed.
- `seal`: encryption at rest.
- `pseudonym`: blind index, a programme's subject, PIN hashes.
- `kek`: the key-encryption key, as three methods.
- `record`: what a kept key is called and where it is in its life.

With I/O:

- `providers/`: where a KEK is kept.
- `store`: the table of wrapped keys, private to this package and the wiring.
- `keyring`: one owner's keys, by use.

This package imports no other of ours. This docstring is the tour; the file holds no code.
"""
