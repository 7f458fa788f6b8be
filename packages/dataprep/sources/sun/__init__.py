"""A seeded sample of the SUN database, from a folder, an archive or the web.

``layout`` knows SUN's paths, ``classes`` its names, ``sample`` which photos are drawn; ``archive``,
``download`` and ``spool`` read and hold a stream, ``fetch`` puts them together.
"""
