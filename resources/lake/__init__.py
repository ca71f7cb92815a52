"""The Delta tables: reading and replacing days, widening what an earlier version wrote, erasing users."""

from resources.lake.delta_lake import MIN_UNUSED_DAYS, UNDATED, Lake
from resources.lake.table_files import TableFiles

__all__ = ["MIN_UNUSED_DAYS", "UNDATED", "Lake", "TableFiles"]
