"""Settings of a channel whose provider takes only so many messages a day."""

from pydantic import Field

from floodwatch.model.fields import Table


class LimitedTable(Table):
    """A fifth of each limit is kept for grade I; beyond it the next channel is taken."""

    per_day: int | None = Field(None, ge=1)  # messages a day in all
    per_address_day: int | None = Field(None, ge=1)  # messages a day to one number
