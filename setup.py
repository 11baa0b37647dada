"""Which folder becomes which package; everything else stands in pyproject.toml.

`plugins/` is imported as `awsops_plugins`, and runbooks, completions and the manual travel inside
the `awsops` package, so that nothing called `plugins` or `recipes` lands in site-packages.
"""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["awsops", "awsops.*"]),
        "awsops_plugins",
        *(f"awsops_plugins.{name}" for name in find_packages("plugins")),
        "awsops.data.recipes",
        "awsops.data.completions",
        "awsops.data.docs",
    ],
    package_dir={
        "awsops_plugins": "plugins",
        "awsops.data.recipes": "recipes",
        "awsops.data.completions": "completions",
        "awsops.data.docs": "docs",
    },
    package_data={
        "awsops": ["py.typed"],
        "awsops_plugins": ["py.typed"],
        "awsops.data.recipes": ["*.yaml", "queries/*.cwli"],
        "awsops.data.completions": ["*"],
        "awsops.data.docs": ["*.md"],
    },
)
