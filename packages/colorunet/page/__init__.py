"""The page of `colorunet serve`: photos dropped into a browser, coloured, and its API."""
