"""SQS in memory: queues whose cost does not grow with their depth, as strict as AWS."""
