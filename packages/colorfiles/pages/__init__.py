"""Self-contained HTML pages with one look: of a run, of an evaluation, of a shard set.

A page is one file that asks for nothing outside itself: light and dark as the reader's system is,
readable from 360 px on; its one script, which sorts tables and enlarges pictures, is let in by its
hash, so that nothing that came from outside can run. The templates stand in ``templates/``.
"""
