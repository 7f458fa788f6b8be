"""From shards to colour: read, train, evaluate, colourise."""
