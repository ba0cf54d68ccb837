"""People who sign in."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from apps.accounts.states import Role, UserStatus
from apps.common.clock import real_now
from apps.common.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """Finds people by e-mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this address. Raises: User.DoesNotExist."""
        return self.with_address(username or "").get()

    def with_address(self, email: str) -> models.QuerySet["User"]:
        """Return at most one person, through the unique index on lower(email)."""
        rows = self.get_queryset().alias(lower_email=Lower("email"))
        return rows.filter(lower_email=Lower(models.Value(email.strip())))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a person; the address is kept as typed and is unique whatever its case."""
        user = self.model(email=email.strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an administrator; the console still asks for a second factor (`enroll_otp`)."""
        fields = {
            "role": Role.STAFF,
            "is_staff": True,
            "is_superuser": True,
            "email_verified_at": real_now(),
            **fields,
        }
        return self.create_user(email, password, **fields)


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # django-otp's Device is untyped
    """An owner, a sitter or a member of staff."""

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    full_name = models.CharField(max_length=150)
    phone = models.CharField(max_length=32, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.OWNER)
    status = models.CharField(max_length=12, choices=UserStatus.choices, default=UserStatus.ACTIVE)
    is_staff = models.BooleanField(default=False)
    two_factor_enabled = models.BooleanField(default=False)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=real_now)

    objects: ClassVar[UserManager] = UserManager()
    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        db_table = "users"
        constraints = [models.UniqueConstraint(Lower("email"), name="users_email_unique_whatever_case")]

    def __str__(self) -> str:
        return self.email

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # derived from status, so that the two never differ
        """Whether the person may sign in."""
        return self.status == UserStatus.ACTIVE

    @property
    def is_verified_address(self) -> bool:
        """Whether the person has proved to read mail at this address."""
        return self.email_verified_at is not None

    def get_full_name(self) -> str:
        """Return the name."""
        return self.full_name

    def get_short_name(self) -> str:
        """Return the first word of the name."""
        return self.full_name.split(" ", 1)[0]
