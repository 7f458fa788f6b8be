"""A Flickr-like server over real HTTP: real photographs, Flickr's quirks, faults on demand.

``library`` has the photos, ``faults`` draws what goes wrong, ``replies`` speaks Flickr's JSON,
``server`` HTTP.
"""
