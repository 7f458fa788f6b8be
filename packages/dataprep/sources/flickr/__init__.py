"""Photos from Flickr by tag.

``fetch`` orders the work; ``stream`` finds photos (``windows``, ``api``, ``listing``), ``images``
downloads them (``transport``, ``hosts``, ``download``), ``selection`` decides, ``journal``
remembers; ``refresh`` asks again later.
"""
