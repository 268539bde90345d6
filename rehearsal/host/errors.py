"""What can go wrong with a rehearsed host, for people."""


class HostRehearsalError(Exception):
    """The host cannot be rehearsed here, or it did not do what a host has to do; the text says what and why."""
