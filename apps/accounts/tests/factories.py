"""People for tests."""

from typing import Any

import factory

from apps.accounts.models import User
from apps.accounts.states import Role
from apps.common.clock import real_now

PASSWORD = "correct horse battery"


class UserFactory(factory.django.DjangoModelFactory[User]):
    """An owner with a verified address and the password `PASSWORD`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    full_name = factory.Sequence(lambda n: f"Person {n}")
    role = Role.OWNER
    email_verified_at = factory.LazyFunction(real_now)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        password = kwargs.pop("password", PASSWORD)
        return model_class.objects.create_user(password=password, **kwargs)


class SitterUserFactory(UserFactory):
    """Somebody who registered as a sitter."""

    role = Role.SITTER
    full_name = factory.Sequence(lambda n: f"Sitter {n}")


class StaffFactory(UserFactory):
    """A member of staff with every permission."""

    role = Role.STAFF
    is_staff = True
    is_superuser = True
    full_name = factory.Sequence(lambda n: f"Agent {n}")
