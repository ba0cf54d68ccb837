"""Routes of the pets app, mounted under /api/v1/."""

from django.urls import path

from apps.pets.api.views import PetsView, PetView

urlpatterns = [
    path("pets", PetsView.as_view(), name="pets"),
    path("pets/<str:pet_id>", PetView.as_view(), name="pet"),
]
