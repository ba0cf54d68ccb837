"""`make chaos-wash`: paid washes under crashes of bridge, broker, stations, workers and gateway."""
