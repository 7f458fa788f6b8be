"""Photo sources; each fills a photo folder."""
