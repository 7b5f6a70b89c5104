"""Assesses the readings of one transaction: arrays of values beside what came before each."""

from collections.abc import Mapping, Sequence

import numpy as np

from floodwatch.model.reading import SeriesKey
from floodwatch.pipeline.intake import Item
from floodwatch.pipeline.plan import Plan
from floodwatch.store.journal import LatestRow
