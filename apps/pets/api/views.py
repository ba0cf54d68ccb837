"""The owner's pets."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.schema import operation
from apps.common.api.views import ApiView, PagedView
from apps.pets import selectors
from apps.pets import services as pets
from apps.pets.api.serializers import PetInputSerializer, PetSerializer
from apps.pets.models import Pet

REX = OpenApiExample("A dog", request_only=True, value={"name": "Rex", "species": "dog", "weight_grams": 12000})


def pet_body(pet: Pet) -> Any:
    """Represent a pet."""
    return PetSerializer(pet).data


class PetsView(PagedView):
    """All pets of the caller."""

    permission_classes = [IsAuthenticated]

    @operation(
        operation_id="pets_list",
        summary="List your pets",
        responses={200: PetSerializer(many=True)},
        tags=["pets"],
    )
    def get(self, request: Request) -> Response:
        """Answer one page, newest first."""
        return self.page(selectors.owned_pets(request.user), pet_body)

    @operation(
        summary="Add a pet",
        request=PetInputSerializer,
        responses={201: PetSerializer},
        errors=["too_many_pets:409"],
        examples=[REX],
        tags=["pets"],
    )
    def post(self, request: Request) -> Response:
        """Answer 201 with the pet."""
        body = self.parse(PetInputSerializer, request)
        return Response(pet_body(pets.add_pet(request.user, **body)), status=201)


class PetView(ApiView):
    """One pet of the caller."""

    permission_classes = [IsAuthenticated]

    @operation(
        summary="Read a pet",
        responses={200: PetSerializer},
        errors=["pet_not_found:404"],
        role="its owner",
        tags=["pets"],
    )
    def get(self, request: Request, pet_id: str) -> Response:
        """Answer the pet."""
        return Response(pet_body(selectors.access_pet(request.user, pet_id)))

    @operation(
        summary="Change a pet",
        description="A field that is not sent stays as it is.",
        request=PetInputSerializer(partial=True),
        responses={200: PetSerializer},
        errors=["pet_not_found:404"],
        role="its owner",
        tags=["pets"],
    )
    def patch(self, request: Request, pet_id: str) -> Response:
        """Answer the pet as it is now."""
        selectors.access_pet(request.user, pet_id)
        body = self.parse(PetInputSerializer, request, partial=True)
        return Response(pet_body(pets.change_pet(request.user, pet_id, **body)))

    @operation(
        summary="Archive a pet",
        responses={204: None},
        errors=["pet_not_found:404"],
        role="its owner",
        tags=["pets"],
    )
    def delete(self, request: Request, pet_id: str) -> Response:
        """Answer 204; the pet is not shown any more."""
        pets.archive_pet(request.user, pet_id)
        return Response(status=204)
