"""One rule per file, each module's RULE. They read policies.model and nothing else of ours."""
