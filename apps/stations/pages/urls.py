"""Routes of the page behind a bay's printed code, mounted under /w/."""

from django.urls import path

from apps.stations.pages import views

urlpatterns = [
    path("<str:bay>", views.BayPage.as_view(), name="bay-page"),
    path("<str:bay>/buy", views.Buy.as_view(), name="bay-buy"),
    path("<str:bay>/resume", views.Resume.as_view(), name="bay-resume"),
    path("<str:bay>/move", views.Move.as_view(), name="bay-move"),
    path("<str:bay>/more", views.More.as_view(), name="bay-more"),
    path("<str:bay>/more/cancel", views.NoMore.as_view(), name="bay-no-more"),
    path("<str:bay>/stop", views.Stop.as_view(), name="bay-stop"),
    path("<str:bay>/again", views.Again.as_view(), name="bay-again"),
]
