"""Engines that run the tasks of a job: local processes or a Ray cluster."""
