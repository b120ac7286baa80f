from kosenai_ops.celery import app

__all__ = ["app"]
