"""Why a call came to nothing.

CallError
├── NotSentError      nothing has arrived at AWS: no connection, no keys
├── UnansweredError   AWS may have done it: the answer was lost
└── RefusedError      AWS has answered that it did not do it
"""

from __future__ import annotations

_THROTTLING = ("Throttl", "RequestLimitExceeded", "TooManyRequests", "SlowDown", "LimitExceeded")
_OLD_KEYS = ("ExpiredToken", "UnrecognizedClient", "InvalidClientTokenId")
_WRONG_CLOCK = ("RequestExpired", "RequestTimeTooSkewed", "InvalidSignature", "SignatureDoesNotMatch")


class CallError(Exception):
    """``str`` is one line for a log. No secret is in it."""


class NotSentError(CallError):
    pass


class UnansweredError(CallError):
    pass


class RefusedError(CallError):
    """``code``: AWS's name of the error, without its name space; ``status``: of HTTP."""

    def __init__(self, *, code: str, message: str, status: int) -> None:
        super().__init__(f"{code or 'an error'} (HTTP {status}): {' '.join(message.split())[:300]}")
        self.code = code
        self.status = status

    @property
    def is_temporary(self) -> bool:
        """The same request may be accepted later: too many, or AWS has trouble."""
        return self.status >= 500 or self.status == 429 or any(word in self.code for word in _THROTTLING)

    @property
    def is_of_old_keys(self) -> bool:
        return any(word in self.code for word in _OLD_KEYS)

    @property
    def is_of_wrong_clock(self) -> bool:
        """Codes that AWS gives to a time which is off by more than five minutes, among other reasons."""
        return any(word in self.code for word in _WRONG_CLOCK)
