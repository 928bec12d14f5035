"""The words every other room shares: ids, units, metrics, topics, payloads, inventory, errors."""
