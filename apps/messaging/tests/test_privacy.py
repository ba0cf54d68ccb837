"""What a person wrote is theirs to export, and is erased with them."""

from apps.common import privacy
from apps.messaging.models import Message
from apps.messaging.privacy import ERASED


def test_the_export_holds_ones_own_words_alone(say, owner, sitter_user, conversation):
    say(owner, "Call me at 415-555-0123")
    say(sitter_user, "A sitter's words")
    held = privacy.export_all(owner)
    assert [message["text"] for message in held["messaging"]["messages"]] == ["Call me at 415-555-0123"]
    assert [row["id"] for row in held["messaging"]["conversations"]] == [str(conversation.public_id)]
    assert held["fraud"]["flagged_messages"][0]["action"] == "mask"


def test_erasure_replaces_the_words_for_both(say, read, owner, sitter_user):
    say(owner, "Call me at 415-555-0123")
    say(sitter_user, "A sitter's words")
    privacy.erase_all(owner)
    assert [m["text"] for m in read(sitter_user)] == [ERASED, "A sitter's words"]
    assert Message.objects.filter(sender=owner, masked_body__isnull=False).count() == 0
