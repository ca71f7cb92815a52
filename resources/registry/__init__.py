"""The registry of releases in MLflow."""

from resources.registry.mlflow_registry import CHAMPION, PREVIOUS_TAG, Known, Registry, RegistryError

__all__ = ["CHAMPION", "PREVIOUS_TAG", "Known", "Registry", "RegistryError"]
