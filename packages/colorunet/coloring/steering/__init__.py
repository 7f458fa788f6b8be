"""A person's say in the colours: hints, versions, another photo's palette; files stay outside."""
