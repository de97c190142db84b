"""Study files shipped with the package."""
