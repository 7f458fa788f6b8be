"""Measuring a colourisation: one image, many images, and what they say together.

``measure`` one image under each variant → ``tables`` of all images → ``summary`` with bootstrap
intervals → ``evaluate`` ties them to a run and a shard set. ``text`` and the report show it.
"""
