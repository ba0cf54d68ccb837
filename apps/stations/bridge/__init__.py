"""The long-running worker between the broker and the database; `manage.py mqtt_bridge` runs it."""
