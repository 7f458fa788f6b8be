"""Server of `colorunet serve`: the page for colouring photos in a browser, and its API."""
