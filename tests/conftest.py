"""What holds for all tests: none fails because the machine is slow."""

from hypothesis import settings

settings.register_profile("cordee", deadline=None)
settings.load_profile("cordee")
