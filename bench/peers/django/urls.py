"""The paths, each with and without the trailing slash."""

from django.urls import re_path
from rest_framework_simplejwt.views import TokenRefreshView, TokenVerifyView

from accounts import views

handler404 = views.not_found

# The contract's front ends say `user` for a patient.
urlpatterns = [
    re_path(r"^api/me/?$", views.MeView.as_view()),
    re_path(r"^api/(?:user|patient)/login/?$", views.LoginView.as_view()),
    re_path(r"^api/(?:user|patient)/register/?$", views.RegisterView.as_view()),
    re_path(r"^api/token/refresh/?$", TokenRefreshView.as_view()),
    re_path(r"^api/token/verify/?$", TokenVerifyView.as_view()),
    re_path(r"^health/live/?$", views.live),
]
