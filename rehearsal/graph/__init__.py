"""The dry run's first depth: ``__main__.py`` run in process against a monitor that records what it asks for.

Pulumi's own mocks drop ``parent``, ``protect`` and the dependencies; the monitor here keeps all of them.
Needs no engine, no plugin, no credentials and no network.
"""
