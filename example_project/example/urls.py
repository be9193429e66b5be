"""The site's addresses."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from accounts.views import TokenView
from stays import views

login_patterns = [
    path("login/", views.SiteLoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("stays/<int:listing_id>/", views.listing, name="listing"),
    path("bookings/<int:booking_id>/", views.booking, name="booking"),
    path("bookings/<int:booking_id>/confirm/", views.confirm, name="confirm"),
    path("accounts/", include((login_patterns, "rest_framework"))),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/token/", TokenView.as_view(), name="token"),
    path("api/", include("django_convo.urls")),
    path("chat/", include("django_convo.contrib.ui.urls")),
]
