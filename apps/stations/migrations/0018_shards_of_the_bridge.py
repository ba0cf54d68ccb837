"""The bridge's shards as a list of the console: heartbeats under another name, no table of its own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("common", "0003_what_a_loop_says_of_itself"), ("stations", "0017_say_entries")]

    operations = [
        migrations.CreateModel(
            name="BridgeShard",
            fields=[],
            options={"ordering": ["name"], "proxy": True, "indexes": [], "constraints": []},
            bases=("common.heartbeat",),
        ),
    ]
