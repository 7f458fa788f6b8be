"""Self-contained HTML pages with one look: of a run, of an evaluation, of a shard set.

A page is one file without external requests: light or dark as the reader's system is, readable
from 360 px on. Its only script sorts tables and enlarges pictures; the content security policy
allows it by hash, so that no other script can run. Templates: ``templates/``.
"""
