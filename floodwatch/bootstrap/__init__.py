"""Settings in, wired services out: the only place that chooses concrete classes."""

from floodwatch.bootstrap.services import Services, follow_folder, open_services, settings

__all__ = ["Services", "follow_folder", "open_services", "settings"]
