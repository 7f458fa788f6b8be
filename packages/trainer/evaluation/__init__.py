"""Evaluation: measures of images, figures over many images, and criteria.

``measure`` one image under each variant → ``tables`` of all images → ``summary`` with bootstrap
intervals → ``evaluate`` ties them to a run and a shard set. ``text`` and the report show it.
"""
