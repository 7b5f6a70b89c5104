"""SL 651-2014, the telemetry protocol of hydrological stations: frames, messages, conversations."""
