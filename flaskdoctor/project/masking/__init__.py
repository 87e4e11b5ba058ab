"""Source text as it may be shown: every secret in it is ••••, whatever its length."""

from flaskdoctor.project.masking.source import mask, mask_slice
from flaskdoctor.project.masking.text import mask_plain

__all__ = ["mask", "mask_plain", "mask_slice"]
