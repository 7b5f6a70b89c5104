"""Passwords: argon2id, few at a time, because one hash takes 64 MB and a third of a second."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from floodwatch.model.errors import Refused

SHORTEST, LONGEST = 8, 200
_hasher = PasswordHasher()
_few = BoundedSemaphore(2)
_FIRST_TRIED = (
    "12345678 123456789 1234567890 11111111 88888888 66666666 password password1 passw0rd qwertyui "
    "qwerty123 abc12345 a1234567 admin123 administrator floodwatch iloveyou letmein1 welcome1 "
    "woaini1314 1qaz2wsx 1q2w3e4r asdfghjkl zxcvbnm1 00000000 87654321 5201314520"
)
_COMMON = frozenset(_FIRST_TRIED.split())


def refuse_weak(password: str, name: str) -> None:
    """Raise Refused, saying what to do, when the password is short, common or the name itself."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(f"the password must have {SHORTEST} to {LONGEST} characters")
    if password.lower() in _COMMON or password.lower() == name.lower():
        raise Refused("the password is one of the first anybody would try; choose another")


def hashed(password: str) -> str:
    """The PHC string to store."""
    with _few:
        return _hasher.hash(password)


def matches(stored: str, password: str) -> bool:
    """Whether the password belongs to the stored PHC string; a broken string matches nothing."""
    with _few:
        try:
            return _hasher.verify(stored, password[: LONGEST * 4])
        except (VerificationError, InvalidHashError):
            return False


def outdated(stored: str) -> bool:
    """Whether the string was made with other costs than today's and should be made again."""
    return _hasher.check_needs_rehash(stored)
