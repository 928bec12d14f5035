"""The host: broker, batches, database and ledger around processing."""
