"""The errors of consent; no message may name a person, a grant, a secret or a value she gave."""

from __future__ import annotations


class ConsentError(Exception):
    """Something about a consent is wrong; the base of every error that this package raises."""


class PartError(ConsentError):
    """A part of a grant is not one that we would have written, or nobody trusted signed it."""


class EvidenceError(ConsentError):
    """The evidence of a grant does not show that the person gave it."""


class ReceiptError(ConsentError):
    """A receipt is not one that we would have written, or its proof does not hold."""


class DetailsError(ConsentError):
    """`authorization_details` cannot be read; `member` says where, as in the sender's JSON."""

    def __init__(self, member: str, reason: str) -> None:
        self.member = member
        self.reason = reason
        super().__init__(f"{member} {reason}")


class TokenError(ConsentError):
    """An access token is not one of ours, is not for us, or has expired."""


class DpopError(ConsentError):
    """A DPoP proof does not show that the sender holds the key (RFC 9449, section 4.3)."""


class StateError(ConsentError):
    """A grant cannot go from its state to the wanted one."""


class ChangedError(StateError):
    """The grant that a new one would replace ended or was replaced a moment before."""


class NothingAllowedError(ConsentError):
    """The person allowed no item: there is no grant to make, and nothing was written."""


class RequestError(ConsentError):
    """The request that the person would allow is not within the policy (any more)."""


class UnknownGrantError(ConsentError):
    """There is no such grant of this person; another person's grant looks the same."""


class UnknownPersonError(ConsentError):
    """There is no such person (any more)."""


class PersonExistsError(ConsentError):
    """This NIK is enrolled already."""


class EnrolmentError(ConsentError):
    """What was given at enrolment is not a NIK, PIN or name of the form that is wanted."""


class TagsSpentError(ConsentError):
    """All 64 tags of this person, agency and day are used; ask again tomorrow."""


class OpeningError(ConsentError):
    """The opening of a digest is missing or is not the one that the digest commits to."""


class PasskeyError(ConsentError):
    """What a browser brought from a passkey does not hold, or cannot be read."""


class LoginError(ConsentError):
    """The login provider did not say who signed in, or cannot be believed."""


class NoticeError(ConsentError):
    """A text is not a notice's, or not as we write one."""


class DigitalReceiptError(ConsentError):
    """A digital receipt that does not hold. step: the name of the step that failed."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(reason)
        self.step = step
