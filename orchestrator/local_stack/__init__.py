"""The whole service on one machine: embedded servers, the data folder, the supervisor of `orchestrator up`."""
