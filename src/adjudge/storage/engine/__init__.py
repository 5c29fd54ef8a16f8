"""The store itself: connections, units of work, dialects, schema, backup, promises."""
