# ruff: noqa: A005 - a package of tests, which hides no module
