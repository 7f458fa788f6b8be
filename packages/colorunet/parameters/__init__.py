"""Storage of trained networks, and the networks that come with the package."""
