"""The MQTT contract between the server and a wash station, as pure code that both sides share."""
