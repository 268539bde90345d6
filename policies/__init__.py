"""What must never ship: rules about the resource graph and about what a deployment changes, each stopping a named
incident. ``python -m ops graph --stack NAME --policies`` runs them; ``__main__.py`` is the pack for the Pulumi CLI."""
