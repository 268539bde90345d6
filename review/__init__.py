"""What a change does: two revisions of a stack compared, as data."""
