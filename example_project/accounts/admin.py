"""Users in the admin: Django's own pages, by e-mail address instead of a username."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from accounts.models import User
from django_convo.admin.base import BoundedPaginator


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Users; the search is what autocomplete fields elsewhere use."""

    list_display = ["email", "first_name", "last_name", "role", "is_active", "created_at"]
    list_filter = ["role", "is_active", "is_staff"]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    readonly_fields = ["user_id", "created_at", "last_login"]
    # However many users there are, no page counts them all.
    paginator = BoundedPaginator
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["user_id", "email", "password"]}),
        ("About", {"fields": ["first_name", "last_name", "phone_number", "role"]}),
        ("Permissions", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["created_at", "last_login"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": ["email", "first_name", "last_name", "role", "usable_password", "password1", "password2"],
            },
        ),
    ]
