"""What the outside is told: events in their order, endpoints that receive them, and their deliveries."""
