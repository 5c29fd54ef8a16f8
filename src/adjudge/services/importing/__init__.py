"""Files in: people's records become the store's, whole file or nothing."""
