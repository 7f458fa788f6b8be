"""What a trained network is kept as, and the networks that come with the package."""
