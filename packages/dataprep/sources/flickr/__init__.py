"""Photos from Flickr by tag.

``fetch`` is the entry point and ``run`` the event loop; ``stream`` lists photos (``windows``,
``api``, ``listing``), ``images`` downloads them (``transport``, ``hosts``, ``download``),
``selection`` decides, ``journal`` stores the state; ``refresh`` checks licences again later.
"""
