from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0006_when_it_was_asked"),
    ]

    operations = [
        migrations.CreateModel(
            name="GatewayCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("checked_at", models.DateTimeField()),
                ("problems", models.JSONField(default=list)),
            ],
            options={
                "db_table": "payments_gateway_check",
            },
        ),
    ]
