"""What goes in and out of the accounts API."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from apps.accounts.models import User
from apps.accounts.states import Role

# Argon2 hashes whatever it gets; a bound keeps a megabyte from being a weapon.
LONGEST_PASSWORD = 256
LONGEST_TOKEN = 2048


def _password(**options: Any) -> serializers.CharField:
    return serializers.CharField(
        max_length=LONGEST_PASSWORD, trim_whitespace=False, style={"input_type": "password"}, **options
    )


def _name(**options: Any) -> serializers.CharField:
    one_line = RegexValidator(r"^[^\x00-\x1f\x7f]+$", "Write the name on one line.")
    return serializers.CharField(max_length=150, validators=[one_line], **options)


def _phone(**options: Any) -> serializers.RegexField:
    return serializers.RegexField(
        r"^\+?[0-9(][0-9 ()./-]{4,30}$",
        max_length=32,
        error_messages={"invalid": "Write a phone number such as +1 415 555 0100."},
        **options,
    )


class RegisterSerializer(serializers.Serializer[Any]):
    """A new account."""

    email = serializers.EmailField(max_length=254)
    password = _password(help_text="Ten characters or more, not a common one.")
    full_name = _name()
    phone = _phone(required=False, allow_blank=True, default="")
    role = serializers.ChoiceField(choices=[Role.OWNER.value, Role.SITTER.value])


class EmailSerializer(serializers.Serializer[Any]):
    """An address."""

    email = serializers.EmailField(max_length=254)


class TokenSerializer(serializers.Serializer[Any]):
    """A token from a mail."""

    token = serializers.CharField(max_length=LONGEST_TOKEN)


class ResetSerializer(TokenSerializer):
    """A token from a mail, and the new password."""

    password = _password()


class LoginSerializer(serializers.Serializer[Any]):
    """Who signs in. The address is not checked for form: a wrong one is a wrong one."""

    email = serializers.CharField(max_length=254)
    password = _password()


class ChallengeAnswerSerializer(serializers.Serializer[Any]):
    """The second step of a sign-in."""

    challenge = serializers.CharField(max_length=128)
    code = serializers.CharField(max_length=32, help_text="Six digits, or a recovery code.")


class CodeSerializer(serializers.Serializer[Any]):
    """A code of the authenticator."""

    code = serializers.CharField(max_length=32)


class DisableSerializer(serializers.Serializer[Any]):
    """Both factors."""

    password = _password()
    code = serializers.CharField(max_length=32, help_text="Six digits, or a recovery code.")


class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token."""

    refresh = serializers.CharField(max_length=LONGEST_TOKEN)


class ChangePasswordSerializer(serializers.Serializer[Any]):
    """The current password and the new one."""

    current_password = _password()
    new_password = _password()


class StrictSerializer(serializers.Serializer[Any]):
    """A body without surprises: an unknown field is named, not dropped."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises: ValidationError naming every unknown field."""
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                taken = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                raise serializers.ValidationError({name: [f"Unknown field. Send: {taken}."] for name in unknown})
        return super().to_internal_value(data)


class ProfileChangeSerializer(StrictSerializer):
    """What a person may change about themselves."""

    full_name = _name(required=False)
    phone = _phone(required=False, allow_blank=True)


class UserSerializer(serializers.ModelSerializer[User]):
    """A person, as they see themselves."""

    id = serializers.CharField(source="public_id")
    email_verified = serializers.BooleanField(source="is_verified_address")

    class Meta:
        model = User
        fields = (
            "id",
            "email",
            "full_name",
            "phone",
            "role",
            "status",
            "email_verified",
            "two_factor_enabled",
            "created_at",
        )
        read_only_fields = fields


class DetailSerializer(serializers.Serializer[Any]):
    """A sentence for a person."""

    detail = serializers.CharField()


class TokenPairSerializer(serializers.Serializer[Any]):
    """A fresh pair: access for 15 minutes, refresh for 7 days and one use."""

    access = serializers.CharField()
    refresh = serializers.CharField()


class SignedInSerializer(TokenPairSerializer):
    """A finished sign-in."""

    user = UserSerializer()


class ChallengeSerializer(serializers.Serializer[Any]):
    """A code must follow within five minutes."""

    two_factor_required = serializers.BooleanField(default=True)
    challenge = serializers.CharField()


class EnrolmentSerializer(serializers.Serializer[Any]):
    """What an authenticator needs; shown once."""

    otpauth_uri = serializers.CharField()
    secret = serializers.CharField()
    qr_svg = serializers.CharField(help_text="An SVG picture of the URI.")


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    """Ten codes, each good for one sign-in; shown once."""

    recovery_codes = serializers.ListField(child=serializers.CharField(), min_length=10, max_length=10)


class ExportSerializer(serializers.Serializer[Any]):
    """Everything held of the person, by app."""

    exported_at = serializers.DateTimeField()
    sections = serializers.DictField(child=serializers.DictField(), help_text="By app.")
