"""A KEK in a file on this machine: raw with mode 0600, or protected by a passphrase.

The file is one line of text: `izin-kek:1:raw:<base64url of 32 bytes>`, or
`izin-kek:1:argon2id:<base64url salt>:<base64url sealed KEK>`. It never overwrites a file: a KEK
that is lost takes with it everything wrapped under it. Where no passphrase is passed, the variable
IZIN_KEK_PASSPHRASE_FILE may name a file that holds it.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from pathlib import Path

from keys import base64url, seal
from keys.errors import KeysError
from keys.kek import KEK_BYTES, LocalKek, RandomBytes
from keys.pseudonym import Cost, argon2id

MAX_FILE_BYTES = 1_024
PASSPHRASE_FILE = "IZIN_KEK_PASSPHRASE_FILE"  # noqa: S105 - a variable's name, no secret
MIN_PASSPHRASE_CHARS = 12
# Fixed with version 1 of the file, never read from it: whoever can write to the file could
# otherwise lower the cost and wait for the next change of passphrase. About 0.5 s.
COST = Cost(memory_kib=262_144, passes=2, lanes=4)
_SALT_BYTES = 16
_CONTEXT = "kek-file"
_RAW, _PROTECTED = "izin-kek:1:raw:", "izin-kek:1:argon2id:"


class FileKek(LocalKek):
    """A KEK read from a file at start and held in memory.

    A process that opens a protected file pays the Argon2id cost (256 MiB) once.
    """

    @classmethod
    def create(
        cls, path: Path, passphrase: str | None = None, *, random: RandomBytes = os.urandom
    ) -> FileKek:
        """Make a new KEK, write it to `path` (which must not exist) and return it."""
        kek = random(KEK_BYTES)
        passphrase = _passphrase(passphrase)
        _write_new(Path(path), format_file(kek, passphrase, random=random))
        return cls(kek, random=random)

    @classmethod
    def open(
        cls, path: Path, passphrase: str | None = None, *, random: RandomBytes = os.urandom
    ) -> FileKek:
        """Return the KEK in `path`; raises KeysError, saying what to do."""
        return cls(parse_file(_read(Path(path)), _passphrase(passphrase)), random=random)


def format_file(kek: bytes, passphrase: str | None, *, random: RandomBytes) -> str:
    """Return the text of a KEK file."""
    if passphrase is None:
        return f"{_RAW}{base64url.encode(kek)}\n"
    if len(passphrase) < MIN_PASSPHRASE_CHARS:
        raise KeysError(f"the KEK's passphrase needs at least {MIN_PASSPHRASE_CHARS} characters")
    salt = random(_SALT_BYTES)
    key = _passphrase_key(passphrase, salt)
    sealed = seal.seal(key, kek, context=_CONTEXT, nonce=random(seal.NONCE_BYTES))
    return f"{_PROTECTED}{base64url.encode(salt)}:{base64url.encode(sealed)}\n"


def parse_file(text: str, passphrase: str | None) -> bytes:
    """Return the KEK in the text of a KEK file; raises KeysError."""
    body = text.removesuffix("\n")
    if body.startswith(_RAW):
        # A passphrase for a raw file means that somebody believes it protected: stop here.
        if passphrase is not None:
            raise KeysError("the KEK file has no passphrase, but one was given")
        kek = base64url.decode(body.removeprefix(_RAW))
    elif body.startswith(_PROTECTED):
        kek = _open_protected(body.removeprefix(_PROTECTED), passphrase)
    else:
        raise KeysError("not a KEK file of version 1")
    if len(kek) != KEK_BYTES:
        raise KeysError("the KEK file is damaged: a KEK has 32 bytes")
    return kek


def _passphrase(given: str | None) -> str | None:
    """Return the passphrase that was given, or the first line of the file that PASSPHRASE_FILE
    names, if it names one: a variable or an argument would show it to other programs.
    """
    path = os.environ.get(PASSPHRASE_FILE)
    if given is not None or path is None:
        return given
    try:
        mode = os.stat(path).st_mode
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise KeysError(f"cannot read the file that {PASSPHRASE_FILE} names: {path}") from exc
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeysError(
            f"the file that {PASSPHRASE_FILE} names is open to other users: run chmod 600 on it"
        )
    return text.partition("\n")[0]


def _open_protected(fields: str, passphrase: str | None) -> bytes:
    salt_text, colon, sealed_text = fields.partition(":")
    salt, sealed = base64url.decode(salt_text), base64url.decode(sealed_text)
    if not colon or len(salt) != _SALT_BYTES:
        raise KeysError("the KEK file is damaged")
    if passphrase is None:
        raise KeysError("the KEK file needs its passphrase")
    try:
        return seal.open_sealed(_passphrase_key(passphrase, salt), sealed, context=_CONTEXT)
    except KeysError as exc:
        raise KeysError("the passphrase is wrong, or the KEK file is damaged") from exc


def _passphrase_key(passphrase: str, salt: bytes) -> bytes:
    # Two keyboards can write the same letters as different code points.
    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    return argon2id(secret, salt, cost=COST)


def _read(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as exc:
        raise KeysError(f"cannot read the KEK file {path}: {exc.strerror}") from exc
    try:
        # Asked of the open file, not of the path, which could change in between.
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeysError("the KEK file is not a regular file")
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeysError("the KEK file is open to other users: run chmod 600 on it")
        if status.st_uid not in {0, os.geteuid()}:
            raise KeysError("the KEK file belongs to another user")
        raw = os.read(descriptor, MAX_FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(raw) > MAX_FILE_BYTES or not raw.isascii():
        raise KeysError("not a KEK file of version 1")
    return raw.decode("ascii")


def _write_new(path: Path, text: str) -> None:
    # Write beside, then link: a crash before the link leaves a file that nobody reads, never
    # half a KEK under the right name; and unlike a rename, a link refuses to overwrite.
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
            os.link(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except FileExistsError as exc:
        raise KeysError("there is a KEK file already; it is not overwritten") from exc
    except OSError as exc:
        raise KeysError(f"cannot write the KEK file: {exc.strerror}") from exc


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
