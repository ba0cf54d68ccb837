"""A wash station in software: it speaks the MQTT contract as a device does."""
