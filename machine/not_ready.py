"""Why a preview ends without having failed to show anything."""

from __future__ import annotations


class NotReadyError(Exception):
    """The stack could not start on this machine. Behind the RunError of a program that has registered everything: the
    graph is whole, and what is in the way has been said."""
